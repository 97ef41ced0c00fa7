/**
 * Failures of file operations, told as the contract tells them (contract: Error texts).
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoCode, errnoText } from "../system/errno.ts";

/** An operation on a path failed; the message is `<op> <path>: <errno text>`. */
export class PathError extends ClaustrumError {
  /** The name of the errno, like `ENOENT`; `undefined` when the system gave none. */
  readonly code: string | undefined;

  /**
   * Made where an operation fails.
   *
   * @param op What was done, like `open`.
   * @param path To what, as it was named.
   * @param cause What the system said, or the name of an errno.
   */
  constructor(op: string, path: string, cause: unknown) {
    const error = typeof cause === "string" ? Object.assign(new Error(cause), { code: cause }) : cause;
    super(`${op} ${path}: ${errnoText(error)}`, { cause: error });
    this.code = errnoCode(error);
  }
}
