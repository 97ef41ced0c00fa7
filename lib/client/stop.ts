/**
 * Stopping a daemon from outside (contract: Bridge and stop).
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { type Clock, happensWithin, systemClock } from "../system/clock.ts";
import { writeAll } from "../system/io.ts";
import { removeQuietly } from "../system/remove.ts";
import { dial, DialError } from "./dial.ts";
import { readDaemonToken } from "./daemon_token.ts";

/** How long the daemon may take to close the connection, in milliseconds. */
export const CLOSE_MS = 2_000;

/** Which daemon is to stop. */
export interface StopOptions {
  /** The path of its socket. */
  readonly socket: string;
  /** Its token. @default {what daemon.token beside the socket holds} */
  readonly token?: string;
  /** The source of time. */
  readonly clock?: Clock;
}

/** What became of the daemon. */
export type StopOutcome =
  /** It stopped. */
  | "stopped"
  /** There was none; a socket that it left behind is removed. */
  | "absent"
  /** It was told, and did not close within two seconds. */
  | "stopping";

/** The daemon does not take the token. */
export class TokenRefusedError extends ClaustrumError {}

/**
 * Asks the daemon on a socket to stop, and waits until it has.
 *
 * Permissions: `net` for `unix:` and the path of the socket; `read` and `write` for that path, to remove a socket that
 * was left behind; and `read` for `daemon.token` beside it, unless the token is given.
 *
 * @throws {TokenRefusedError} If it does not take the token.
 * @throws {TokenFileError} If the token beside the socket cannot be read.
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
  // Only now: what is wrong with the token of a daemon that is gone is of no interest.
  const token = options.token ?? await readDaemonToken(socket);
  const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "server.shutdown", auth: token });
  await writeAll(open, new TextEncoder().encode(`${request}\n`));
  const answer = readAnswer(open);
  if (!await happensWithin(answer, CLOSE_MS, clock)) return "stopping";
  const refusal = await answer;
  if (refusal !== undefined) throw new TokenRefusedError(`daemon on ${socket} refused to stop: ${refusal}`);
  await removeDeadSocket(socket);
  return "stopped";
}

/** The daemon closes without a word when it stops; a line is a refusal. */
async function readAnswer(conn: Deno.UnixConn): Promise<string | undefined> {
  const buffer = new Uint8Array(4096);
  try {
    const n = await conn.read(buffer);
    if (n === null) return undefined;
    const { error } = JSON.parse(new TextDecoder().decode(buffer.subarray(0, n)));
    return String(error?.message ?? "unexpected answer");
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BadResource) return undefined;
    if (error instanceof Deno.errors.Interrupted) return undefined;
    throw error;
  }
}

/** Only a socket that refuses connections goes: a daemon that has just taken the path keeps it. */
export async function removeDeadSocket(socket: string): Promise<void> {
  try {
    if ((await Deno.lstat(socket)).isSocket !== true) return;
    (await dial(socket)).close();
  } catch (error) {
    // One that does not let us in may be another user's that lives.
    if (error instanceof DialError) return error.isAbsent ? await removeQuietly(socket) : undefined;
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return;
    throw error;
  }
}
