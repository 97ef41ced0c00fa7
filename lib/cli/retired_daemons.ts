/**
 * Finds, describes and stops retired daemons, which keep their processes after an upgrade.
 *
 * @module
 */

import { ConnectionLostError } from "../client/errors.ts";
import { findRunning, type ListedProcess, NoAnswerError, stopGently, type StopReport } from "../client/stop_gently.ts";
import { isLive } from "../system/private_socket.ts";
import { type RetiredDaemon, retiredDaemons, type RetiredFiles, waitForToken } from "../handover/retired_files.ts";
import { systemClock } from "../system/clock.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { daemonPaths } from "../system/paths.ts";
import { formatAge } from "./table.ts";

/** Returns the retired daemons beside a socket that still run, the one that retired first at the front. */
export async function liveRetiredDaemons(socket: string): Promise<RetiredDaemon[]> {
  const all = await retiredDaemons(daemonPaths(socket).retired);
  const alive = await Promise.all(all.map(({ files }) => isLive(files.socket)));
  return all.filter((_, i) => alive[i]);
}

/** Returns how many seconds ago a daemon retired. */
export function secondsSinceRetired({ retiredAt }: RetiredDaemon, now: number = Date.now()): number {
  return Math.max(0, Math.floor((now - Date.parse(retiredAt)) / 1000));
}

/** Describes a retired daemon, like `pid 4711, retired 3m ago`. */
export function describeRetired(daemon: RetiredDaemon): string {
  return `pid ${daemon.pid}, retired ${formatAge(secondsSinceRetired(daemon))} ago`;
}

/**
 * Asks a retired daemon for its running processes.
 *
 * @returns `undefined` if it does not answer, or if another daemon relays to it and has taken its token.
 */
export async function listRunning({ files }: RetiredDaemon): Promise<readonly ListedProcess[] | undefined> {
  const token = await readToken(files);
  if (token === undefined) return undefined;
  try {
    return (await findRunning({ socket: files.socket, token }))?.processes;
  } catch (error) {
    // It is suspended, or another daemon has just taken its token.
    if (error instanceof NoAnswerError || error instanceof ConnectionLostError) return undefined;
    throw error;
  }
}

/**
 * Stops a retired daemon and its processes.
 *
 * @param timeoutMs How long processes may take to end after SIGTERM, in milliseconds.
 * @returns `undefined` if the daemon has already exited.
 * @throws {ClaustrumError} If another daemon still relays to it.
 */
export async function stopRetired({ pid, files }: RetiredDaemon, timeoutMs: number): Promise<StopReport | undefined> {
  await waitForToken(files, systemClock);
  const token = await readToken(files);
  if (token !== undefined) return await stopGently({ socket: files.socket, token }, timeoutMs);
  if (!await isLive(files.socket)) return undefined;
  throw new ClaustrumError(
    `cannot stop the retired daemon (pid ${pid}): another daemon relays to it, stop that one first`,
  );
}

async function readToken({ token }: RetiredFiles): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(token);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined; // another daemon relays and has taken it
    throw error;
  }
}
