import { ClaustrumError } from "./claustrum_error.ts";

/** The kinds of failures of an operation. */
export type FailureKind = "bad_params" | "unknown" | "conflict" | "refused" | "too_large" | "unavailable";

/** An operation that cannot be done; the message says why and what to do. */
export class RequestError extends ClaustrumError {
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
