/**
 * Connecting to the daemon's socket (contract: Bridge and stop).
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { isPermissionMissing } from "../system/permissions.ts";

/** Errors that prove that no daemon listens on a socket; with any other error there may be one. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ECONNREFUSED"]);

/** The connection to the daemon's socket failed; the message is the contract's. */
export class DialError extends ClaustrumError {
  /** The name of the operating system's error, like `ECONNREFUSED`; `undefined` if the error has none. */
  readonly code: string | undefined;

  /** Creates the error for a socket from the error of the operating system. */
  constructor(socket: string, cause: unknown) {
    super(`dial server: dial unix ${socket}: connect: ${errnoText(cause)}`, { cause });
    this.code = errnoCode(cause);
  }

  /** Whether there is certainly no daemon. */
  get isAbsent(): boolean {
    return this.code !== undefined && ABSENT.has(this.code);
  }
}

/**
 * Connects to a daemon's socket.
 *
 * @param socket The path of the socket.
 * @throws {DialError} If no daemon listens there, or the user may not connect to it.
 * @throws {Deno.errors.NotCapable} If the program lacks the permission.
 */
export async function dial(socket: string): Promise<Deno.UnixConn> {
  try {
    return await Deno.connect({ transport: "unix", path: socket });
  } catch (error) {
    if (isPermissionMissing(error)) throw error;
    throw new DialError(socket, error);
  }
}
