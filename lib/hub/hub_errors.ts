/**
 * What clients of a hub may have to catch.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";

/** The hub answered with an error; the message is the hub's. */
export class HubCallError extends ClaustrumError {
  /** The code of the error, such as -32004 for something unknown. */
  readonly code: number;
  /** The operation that was called. */
  readonly operation: string;

  /**
   * @param operation The operation that was called.
   * @param code The code of the error.
   * @param message The hub's message.
   */
  constructor(operation: string, code: number, message: string) {
    super(message);
    this.operation = operation;
    this.code = code;
  }
}

/** The hub cannot be reached, or the connection was lost before it answered; the message says why. */
export class HubUnreachableError extends ClaustrumError {}
