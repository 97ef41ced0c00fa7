/**
 * How failures are told to clients: one code on the wire and one status in HTTP for each kind.
 *
 * @module
 */

import { INTERNAL_ERROR, INVALID_PARAMS, RpcError, UNAUTHORIZED } from "../rpc/errors.ts";
import { SessionError } from "../sessions/session_error.ts";
import type { FailureKind } from "../sessions/types.ts";

/** The codes of a kind of failure. */
export interface FailureCodes {
  /** The code of the error on the wire. */
  readonly rpc: number;
  /** The status of the response in HTTP. */
  readonly http: number;
}

/** All kinds of failures, with those that only the hub itself has. */
export const FAILURE_CODES: Readonly<
  Record<FailureKind | "unauthenticated" | "too_many" | "internal", FailureCodes>
> = {
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

/** Returns what a client is told about an error; `undefined` if the error is a bug, of which clients get no details. */
export function tryToRpcError(error: unknown): RpcError | undefined {
  if (error instanceof RpcError) return error;
  if (!(error instanceof SessionError)) return undefined;
  return new RpcError(FAILURE_CODES[error.kind].rpc, error.message, { cause: error });
}
