/**
 * Declares methods: the types of their params and results are those of the protocol.
 *
 * @module
 */

import { type EncodedResult, LargeResult, type Method, paramsMethod } from "../rpc/dispatch.ts";
import type { MethodName, Result } from "../rpc/method_types.ts";
import { type Schema, schemaOf } from "../rpc/protocol.ts";
import type { RawText } from "../rpc/raw_text.ts";
import type { Decoded } from "../rpc/struct.ts";
import type { ClientContext, OutputShare } from "./context.ts";

/** A result whose texts may be bytes that are already encoded. */
export type Encodable<T> = T extends string ? RawText
  : T extends number | boolean | undefined ? T
  : T extends readonly (infer E)[] ? readonly Encodable<E>[]
  : { readonly [K in keyof T]: Encodable<T[K]> };

/** A result that may be large: its lists may be produced while they are sent. */
export type Streamable<T> = T extends readonly (infer E)[] ? Iterable<Encodable<E>>
  : T extends object ? { readonly [K in keyof T]: Streamable<T[K]> }
  : Encodable<T>;

/** A large result. */
export interface Large<T> {
  /** The result. Its parts must not change until it is sent. */
  readonly value: Streamable<T> & object;
  /** About how much memory it occupies, in bytes. */
  readonly size: number;
  /** Called when the result is no longer needed. */
  readonly release?: () => void;
}

type LargeAnswer<T> = LargeResult<Streamable<T> & object>;
type Answer<T> = Encodable<T> | EncodedResult | LargeAnswer<T>;

/**
 * Computes a result that may be large, within the memory that the client may occupy.
 *
 * @param work Enlarges the share before it uses memory. The share is released when the result has been sent, or when
 * the work fails.
 * @returns The result; a promise only if the work returns one.
 */
export function withinShare<T>(
  client: ClientContext,
  work: (share: OutputShare) => Large<T> | Promise<Large<T>>,
): LargeAnswer<T> | Promise<LargeAnswer<T>> {
  const share = client.share();
  const finish = ({ value, size, release }: Large<T>) => {
    share.hold(size);
    return new LargeResult(value, size, () => {
      release?.();
      share.release();
    });
  };
  const fail = (error: unknown): never => {
    share.release();
    throw error;
  };
  try {
    const done = work(share);
    return done instanceof Promise ? done.then(finish, fail) : finish(done);
  } catch (error) {
    return fail(error);
  }
}

/** Declares a method of the protocol. */
export function method<N extends MethodName>(
  name: N,
  handle: (
    params: Decoded<Schema<N>>,
    client: ClientContext,
  ) => Answer<Result<N>> | Promise<Answer<Result<N>>>,
): Method<ClientContext> {
  return paramsMethod(
    name,
    schemaOf(name),
    (params, client: ClientContext) => handle(params, client) as object | Promise<object>,
  );
}
