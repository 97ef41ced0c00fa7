/**
 * Turns failures into the errors that clients receive.
 *
 * @module
 */

import { INTERNAL_ERROR, RpcError } from "../rpc/errors.ts";

/**
 * Returns the error that answers a request whose work failed. An error of the given class becomes an internal error with
 * the same text; any other error is returned unchanged.
 */
export function toRpcError(error: unknown, type: new (...args: never[]) => Error): unknown {
  return error instanceof type ? new RpcError(INTERNAL_ERROR, error.message, { cause: error }) : error;
}

/** Runs asynchronous work, and converts its failure with {@linkcode toRpcError}. */
export async function failingAs<T>(type: new (...args: never[]) => Error, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toRpcError(error, type);
  }
}
