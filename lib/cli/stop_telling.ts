/**
 * Stopping a daemon as `claustrum -stop` does it with `contract = next`: it tells in one word what has become of the
 * daemon, and ends one that does not stop by itself (contract: Bridge and stop of next).
 *
 * @module
 */

import { removeDeadSocket, stop, TokenRefusedError } from "../client/stop.ts";
import { lockOwners } from "../daemon/ownership/lock_owners.ts";
import { type Clock, systemClock } from "../system/clock.ts";
import { isLockHeld, lockHolder, type LockRecord } from "../system/lock_file.ts";
import { daemonPaths } from "../system/paths.ts";

/** How long a daemon may take to stop after SIGTERM, and the system to end it after SIGKILL, in milliseconds. */
const WAIT_MS = { SIGTERM: 5_000, SIGKILL: 3_000 } as const;
const POLL_MS = 20;

/** What has become of a daemon. */
export type StopWord =
  /** It has stopped as it was asked to. */
  | "stopped"
  /** There was none. */
  | "none"
  /** It did not answer, and has obeyed SIGTERM. */
  | "terminated"
  /** It did not obey SIGTERM, and was killed. */
  | "killed"
  /** It runs nevertheless. */
  | "survivor";

/** Options of {@linkcode stopTelling}. */
export interface StopTellingOptions {
  /** The path of the socket. */
  readonly socket: string;
  /** The token; `undefined` for that beside the socket. */
  readonly token: string | undefined;
  /** How long the daemon may take to obey each signal, in milliseconds. @default {5000 and 3000} */
  readonly waitMs?: { readonly SIGTERM: number; readonly SIGKILL: number };
  /** The source of time. */
  readonly clock?: Clock;
}

/** Stops the daemon on a socket. Only the process that holds the daemon's lock is ever signalled. */
export async function stopTelling(options: StopTellingOptions): Promise<StopWord> {
  const { socket, token, waitMs = WAIT_MS, clock = systemClock } = options;
  const outcome = await stop({ socket, clock, ...(token === undefined ? {} : { token }) }).catch((error) => {
    // A daemon that is not to be stopped by a request can still be signalled.
    if (error instanceof TokenRefusedError) return "stopping";
    throw error;
  });
  if (outcome === "stopped") return "stopped";
  const holder = await holderOf(socket);
  if (holder === undefined) return outcome === "absent" ? "none" : "stopped";
  const word = await end(holder, socket, waitMs, clock);
  await removeDeadSocket(socket);
  return word;
}

/** Returns the daemon that holds the lock of a socket's directory, if it serves that socket. */
async function holderOf(socket: string): Promise<LockRecord | undefined> {
  const paths = daemonPaths(socket);
  const holder = await lockHolder(paths);
  if (holder === undefined || holder.socket !== paths.socket || holder.pid === Deno.pid) return undefined;
  const owners = await lockOwners((await Deno.stat(paths.lock)).ino);
  return owners === undefined || owners.has(holder.pid) ? holder : undefined;
}

async function end(
  { pid }: LockRecord,
  socket: string,
  waitMs: { readonly SIGTERM: number; readonly SIGKILL: number },
  clock: Clock,
): Promise<StopWord> {
  for (const [signal, word] of [["SIGTERM", "terminated"], ["SIGKILL", "killed"]] as const) {
    // Checked each time: its id may belong to another process by now.
    if ((await holderOf(socket))?.pid === pid) signalIfRunning(pid, signal);
    if (await isReleased(socket, waitMs[signal], clock)) return word;
  }
  return "survivor";
}

async function isReleased(socket: string, ms: number, clock: Clock): Promise<boolean> {
  const { lock } = daemonPaths(socket);
  const until = clock.elapsed() + ms;
  while (await isLockHeld(lock)) {
    if (clock.elapsed() >= until) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return true;
}

function signalIfRunning(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    // The process has ended by itself.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
