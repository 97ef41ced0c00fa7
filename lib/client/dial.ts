/**
 * Reaching the daemon (contract: Bridge and stop).
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { isPermissionMissing } from "../system/permissions.ts";

/** Nobody listens there, and nobody has reason to: any other error may hide a daemon that lives. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ECONNREFUSED"]);

/** The daemon could not be reached; the message is the contract's. */
export class DialError extends ClaustrumError {
  /** The name of the operating system's error, like `ECONNREFUSED`; `undefined` when it gave none. */
  readonly code: string | undefined;

  /** Made from what the system says about a socket. */
  constructor(socket: string, cause: unknown) {
    super(`dial server: dial unix ${socket}: connect: ${errnoText(cause)}`, { cause });
    this.code = errnoCode(cause);
  }

  /** Whether there is surely no daemon. */
  get isAbsent(): boolean {
    return this.code !== undefined && ABSENT.has(this.code);
  }
}

/**
 * Connects to a daemon's socket.
 *
 * @param socket Its path.
 * @throws {DialError} If nobody listens there, or the system does not let us in.
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
