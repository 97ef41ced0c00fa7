/**
 * Failures of the rooms, as the client gets to see them.
 *
 * @module
 */

import { INTERNAL_ERROR, RpcError } from "../rpc/errors.ts";

/**
 * The error that answers a request whose work failed: one of the given class goes over the wire as
 * an internal error with its own text, anything else stays what it is.
 */
export function toRpcError(error: unknown, type: new (...args: never[]) => Error): unknown {
  return error instanceof type ? new RpcError(INTERNAL_ERROR, error.message, { cause: error }) : error;
}

/** Does asynchronous work; see {@linkcode toRpcError}. */
export async function failingAs<T>(type: new (...args: never[]) => Error, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toRpcError(error, type);
  }
}
