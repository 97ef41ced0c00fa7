/**
 * Failures of file operations, with the contract's texts (contract: Error texts).
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoCode, errnoText } from "../system/errno.ts";

/** An operation on a path failed; the message is `<op> <path>: <errno text>`. */
export class PathError extends ClaustrumError {
  /** The name of the errno, like `ENOENT`; `undefined` if there is none. */
  readonly code: string | undefined;

  /**
   * Creates the error of a failed operation.
   *
   * @param op The operation, like `open`.
   * @param path The path, as the client named it.
   * @param cause The system's error, or the name of an errno.
   */
  constructor(op: string, path: string, cause: unknown) {
    const error = typeof cause === "string" ? Object.assign(new Error(cause), { code: cause }) : cause;
    super(`${op} ${path}: ${errnoText(error)}`, { cause: error });
    this.code = errnoCode(error);
  }
}
