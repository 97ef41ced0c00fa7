/**
 * Reaching the daemon (daemon 3).
 *
 * @module
 */

import { errnoText } from "../system/errno.ts";

/** The daemon could not be reached; the message is the contract's. */
export class DialError extends Error {
  /** The class, for those who only have the error. */
  override readonly name: string = "DialError";
}

/**
 * Connects to a daemon's socket.
 *
 * @param socket Its path.
 * @throws {DialError} If nobody listens there.
 */
export async function dial(socket: string): Promise<Deno.UnixConn> {
  try {
    return await Deno.connect({ transport: "unix", path: socket });
  } catch (error) {
    // A missing permission is the caller's to mend, not the daemon's state.
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new DialError(`dial server: dial unix ${socket}: connect: ${errnoText(error)}`, { cause: error });
  }
}
