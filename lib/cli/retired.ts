/**
 * Daemons that have retired, as commands tell of them.
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

/** The daemons beside a socket that have retired and live, the longest retired first. */
export async function liveRetired(socket: string): Promise<RetiredDaemon[]> {
  const all = await retiredDaemons(daemonPaths(socket).retired);
  const alive = await Promise.all(all.map(({ files }) => isLive(files.socket)));
  return all.filter((_, i) => alive[i]);
}

/** How many seconds ago a daemon has retired. */
export function retiredSeconds({ retiredAt }: RetiredDaemon): number {
  return Math.max(0, Math.floor((Date.now() - Date.parse(retiredAt)) / 1000));
}

/** `pid 4711, retired 3m ago`. */
export function describeRetired(daemon: RetiredDaemon): string {
  return `pid ${daemon.pid}, retired ${formatAge(retiredSeconds(daemon))} ago`;
}

/**
 * Asks a retired daemon what it has running.
 *
 * @returns `undefined` while another daemon relays to it, which has its token, and when it does not answer.
 */
export async function runningIn({ files }: RetiredDaemon): Promise<readonly ListedProcess[] | undefined> {
  const token = await readToken(files);
  if (token === undefined) return undefined;
  try {
    return (await findRunning({ socket: files.socket, token }))?.processes;
  } catch (error) {
    // It is stopped, or a daemon took its token just now.
    if (error instanceof NoAnswerError || error instanceof ConnectionLostError) return undefined;
    throw error;
  }
}

/**
 * Ends a retired daemon and its processes, once no other daemon relays to it.
 *
 * @param timeoutMs How long processes may take to obey SIGTERM, in milliseconds.
 * @returns `undefined` when it has ended by itself.
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
    if (error instanceof Deno.errors.NotFound) return undefined; // a daemon that relays has taken it
    throw error;
  }
}
