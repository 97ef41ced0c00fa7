import { ClaustrumError } from "../system/claustrum_error.ts";
import type { FailureKind } from "../system/request_error.ts";

/** The kinds of failures: those of sessions, and those that only the hub itself has. */
export type HubFailureKind = FailureKind | "unauthenticated" | "too_many" | "internal";

/** An operation that the hub itself refuses; the message says why and what to do. */
export class OperationError extends ClaustrumError {
  /** What kind of failure it is. */
  readonly kind: HubFailureKind;
  /** After how many seconds it may be tried again; `undefined` if waiting does not help. */
  readonly retryAfterSeconds: number | undefined;

  /**
   * Creates an error.
   *
   * @param kind What kind of failure it is.
   * @param message A sentence for the user.
   * @param retryAfterSeconds After how many seconds it may be tried again.
   */
  constructor(kind: HubFailureKind, message: string, retryAfterSeconds?: number) {
    super(message);
    this.kind = kind;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
