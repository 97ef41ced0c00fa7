/**
 * Declares the methods of `contract = next`: the types of their params and results are those of the protocol.
 *
 * @module
 */

import { type EncodedResult, type LargeResult, type Method, paramsMethod } from "../../rpc/dispatch.ts";
import { type NextMethodName, type NextResult, type NextSchema, nextSchemaOf } from "../../rpc/protocol_next.ts";
import type { Decoded } from "../../rpc/struct.ts";
import type { ClientContext } from "../context.ts";
import type { Encodable } from "../define.ts";

/** The answer of a method. */
export type NextAnswer<N extends NextMethodName> = Encodable<NextResult<N>> | EncodedResult | LargeResult;

/** Declares a method that `next` adds or changes. */
export function nextMethod<N extends NextMethodName>(
  name: N,
  handle: (
    params: Decoded<NextSchema<N>>,
    client: ClientContext,
  ) => NextAnswer<N> | Promise<NextAnswer<N>>,
): Method<ClientContext> {
  return paramsMethod(
    name,
    nextSchemaOf(name),
    (params, client: ClientContext) => handle(params, client) as object | Promise<object>,
  );
}
