/**
 * How failures are told to clients: one code on the wire and one status in HTTP for each kind.
 *
 * @module
 */

import { ConnectionLostError, DaemonGoneError } from "../client/errors.ts";
import { DialError } from "../client/dial.ts";
import { INTERNAL_ERROR, INVALID_PARAMS, UNAUTHORIZED } from "../rpc/errors.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { RequestError } from "../system/request_error.ts";
import { type HubFailureKind, OperationError } from "./operation_error.ts";

/** The codes of a kind of failure. */
export interface FailureCodes {
  /** The code of the error on the wire. */
  readonly rpc: number;
  /** The status of the response in HTTP. */
  readonly http: number;
}

/** The codes of all kinds of failures. */
export const FAILURE_CODES: Readonly<Record<HubFailureKind, FailureCodes>> = {
  bad_params: { rpc: INVALID_PARAMS, http: 422 },
  unauthenticated: { rpc: UNAUTHORIZED, http: 401 },
  unknown: { rpc: -32004, http: 404 },
  conflict: { rpc: -32009, http: 409 },
  refused: { rpc: -32010, http: 403 },
  unavailable: { rpc: -32011, http: 503 },
  too_many: { rpc: -32012, http: 429 },
  too_large: { rpc: -32013, http: 413 },
  internal: { rpc: INTERNAL_ERROR, http: 500 },
};

/** A failure as clients are told about it. */
export interface Failure {
  /** What kind of failure it is. */
  readonly kind: HubFailureKind;
  /** A sentence for the user. */
  readonly message: string;
  /** After how many seconds to try again, if waiting helps. */
  readonly retryAfterSeconds?: number | undefined;
  /** Whether it is the hub's fault, which belongs into its log. */
  readonly isBug: boolean;
}

/** Returns what a client is told about an error. Of a bug, clients get no details. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RequestError) return { kind: error.kind, message: error.message, isBug: false };
  if (error instanceof OperationError) {
    const { kind, message, retryAfterSeconds } = error;
    return { kind, message, retryAfterSeconds, isBug: false };
  }
  const isDaemonAway = error instanceof DaemonGoneError || error instanceof ConnectionLostError ||
    error instanceof DialError;
  if (isDaemonAway) return { kind: "unavailable", message: error.message, isBug: false };
  const message = error instanceof ClaustrumError ? error.message : "internal error: the log of the hub says more";
  return { kind: "internal", message, isBug: true };
}
