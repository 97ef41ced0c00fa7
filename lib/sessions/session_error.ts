import { ClaustrumError } from "../system/claustrum_error.ts";
import type { FailureKind } from "./types.ts";

/** An operation on sessions that cannot be done; the message says why and what to do. */
export class SessionError extends ClaustrumError {
  /** What kind of failure it is. */
  readonly kind: FailureKind;

  /**
   * Creates an error.
   *
   * @param kind What kind of failure it is.
   * @param message A sentence for the user.
   */
  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
