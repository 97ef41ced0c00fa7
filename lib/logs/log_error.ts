/**
 * Errors of logs.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoText } from "../system/errno.ts";

/** A log cannot be opened or removed. */
export class LogError extends ClaustrumError {}

/** Another process writes to a log. */
export class LogInUseError extends LogError {
  /**
   * Creates the error.
   *
   * @param path The path of the log.
   */
  constructor(path: string) {
    super(`open ${path}: another process writes to this log`);
  }
}

/**
 * Describes why a log cannot be opened.
 *
 * @param path The path of the log.
 */
export function toLogError(path: string, error: unknown): LogError {
  return error instanceof LogError ? error : new LogError(`open ${path}: ${errnoText(error)}`, { cause: error });
}
