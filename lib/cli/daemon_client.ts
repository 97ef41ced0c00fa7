/**
 * Reaching the daemon from a command, with errors that say what to do next.
 *
 * @module
 */

import { type Client, connect } from "../client/connect.ts";
import { DialError } from "../client/dial.ts";
import { FatalError } from "../system/fatal.ts";

/** Nobody listens on the socket. */
export class NoDaemonError extends FatalError {}

/**
 * Connects, with the token from `CLAUDE_RPC_TOKEN`, else from beside the socket.
 *
 * @throws {NoDaemonError} If nobody listens.
 */
export async function connectToDaemon(socket: string): Promise<Client> {
  const token = Deno.env.get("CLAUDE_RPC_TOKEN");
  try {
    return await connect({ socket, ...(token === undefined || token === "" ? {} : { token }) });
  } catch (error) {
    if (!(error instanceof DialError)) throw error;
    throw new NoDaemonError(`no daemon is listening on ${socket}: start one with claustrum serve`, { cause: error });
  }
}
