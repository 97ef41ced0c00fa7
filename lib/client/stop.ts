/**
 * Stopping a daemon from outside (contract: Bridge and stop).
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { type Clock, happensWithin, systemClock } from "../system/clock.ts";
import { isMissing } from "../system/errno.ts";
import { writeAll } from "../system/io.ts";
import { removeQuietly } from "../system/remove.ts";
import { dial, DialError } from "./dial.ts";
import { readDaemonToken } from "./daemon_token.ts";

/** How long to wait for the daemon to close the connection, in milliseconds. */
export const CLOSE_MS = 2_000;

/** Options of {@linkcode stop}. */
export interface StopOptions {
  /** The path of the daemon's socket. */
  readonly socket: string;
  /** The token. @default {the content of daemon.token beside the socket} */
  readonly token?: string;
  /** The source of time. */
  readonly clock?: Clock;
}

/** The outcome of {@linkcode stop}. */
export type StopOutcome =
  /** The daemon has stopped. */
  | "stopped"
  /** There was no daemon; a leftover socket is removed. */
  | "absent"
  /** The daemon has received the request, but did not close the connection within two seconds. */
  | "stopping";

/** The daemon refused the token. */
export class TokenRefusedError extends ClaustrumError {}

/**
 * Requests the daemon on a socket to stop, and waits until it has closed the connection.
 *
 * Permissions: `net` for `unix:` and the path of the socket; `read` and `write` for that path, to remove a leftover
 * socket; and `read` for `daemon.token` beside the socket, unless the token is given.
 *
 * @throws {TokenRefusedError} If the daemon refuses the token.
 * @throws {TokenFileError} If the token file beside the socket cannot be read.
 *
 * @example
 * ```ts
 * import { stop } from "./stop.ts";
 *
 * console.log(await stop({ socket: "/nonexistent/rpc.sock" })); // "absent"
 * ```
 */
export async function stop(options: StopOptions): Promise<StopOutcome> {
  const { socket, clock = systemClock } = options;
  let conn: Deno.UnixConn;
  try {
    conn = await dial(socket);
  } catch (error) {
    if (!(error instanceof DialError)) throw error;
    await removeDeadSocket(socket);
    return "absent";
  }
  using open = conn;
  // Read after dialing, so that an unreadable token file is no error if there is no daemon.
  const token = options.token ?? await readDaemonToken(socket);
  const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "server.shutdown", auth: token });
  await writeAll(open, new TextEncoder().encode(`${request}\n`));
  const answer = readRefusal(open);
  if (!await happensWithin(answer, CLOSE_MS, clock)) return "stopping";
  const refusal = await answer;
  if (refusal !== undefined) throw new TokenRefusedError(`daemon on ${socket} refused to stop: ${refusal}`);
  await removeDeadSocket(socket);
  return "stopped";
}

/**
 * Returns the message of a refusal; `undefined` if the daemon stops, which closes the connection, some daemons after a
 * reply.
 */
async function readRefusal(conn: Deno.UnixConn): Promise<string | undefined> {
  const buffer = new Uint8Array(4096);
  try {
    for (let n = await conn.read(buffer); n !== null; n = await conn.read(buffer)) {
      const { error, result } = JSON.parse(new TextDecoder().decode(buffer.subarray(0, n)));
      if (result?.ok !== true) return String(error?.message ?? "unexpected answer");
    }
    return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BadResource) return undefined;
    if (error instanceof Deno.errors.Interrupted) return undefined;
    throw error;
  }
}

/** Removes a socket that refuses connections; that of a running daemon, even of one that has just started, is kept. */
export async function removeDeadSocket(socket: string): Promise<void> {
  try {
    if ((await Deno.lstat(socket)).isSocket !== true) return;
    (await dial(socket)).close();
  } catch (error) {
    // If the connection is denied, the socket may be that of another user's running daemon.
    if (error instanceof DialError) return error.isAbsent ? await removeQuietly(socket) : undefined;
    if (isMissing(error)) return;
    throw error;
  }
}
