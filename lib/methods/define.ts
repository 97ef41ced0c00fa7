/**
 * Methods as the protocol states them: their params decoded by it, their results checked against it.
 *
 * @module
 */

import { type EncodedResult, type Method, paramsMethod } from "../rpc/dispatch.ts";
import type { RawText } from "../rpc/json_encode.ts";
import { type MethodName, type Result, type Schema, schemaOf } from "../rpc/protocol.ts";
import type { Decoded } from "../rpc/struct.ts";
import type { ClientContext } from "./context.ts";

/** A result whose texts may be bytes that are encoded already. */
export type Encodable<T> = T extends string ? RawText
  : T extends number | boolean | undefined ? T
  : T extends readonly (infer E)[] ? readonly Encodable<E>[]
  : { readonly [K in keyof T]: Encodable<T[K]> };

/** Declares a method of the protocol. */
export function method<N extends MethodName>(
  name: N,
  handle: (
    params: Decoded<Schema<N>>,
    client: ClientContext,
  ) => Encodable<Result<N>> | EncodedResult | Promise<Encodable<Result<N>> | EncodedResult>,
): Method<ClientContext> {
  return paramsMethod(
    name,
    schemaOf(name),
    (params, client: ClientContext) => handle(params, client) as object | Promise<object>,
  );
}
