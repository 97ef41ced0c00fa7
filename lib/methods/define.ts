/**
 * Methods as the protocol states them: their params decoded by it, their results checked against it.
 *
 * @module
 */

import { type EncodedResult, LargeResult, type Method, paramsMethod } from "../rpc/dispatch.ts";
import { type MethodName, type Result, type Schema, schemaOf } from "../rpc/protocol.ts";
import type { RawText } from "../rpc/raw_text.ts";
import type { Decoded } from "../rpc/struct.ts";
import type { ClientContext, OutputRoom } from "./context.ts";

/** A result whose texts may be bytes that are encoded already. */
export type Encodable<T> = T extends string ? RawText
  : T extends number | boolean | undefined ? T
  : T extends readonly (infer E)[] ? readonly Encodable<E>[]
  : { readonly [K in keyof T]: Encodable<T[K]> };

/** A result that may be large: its lists may be made while they are sent. */
export type Streamable<T> = T extends readonly (infer E)[] ? Iterable<Encodable<E>>
  : T extends object ? { readonly [K in keyof T]: Streamable<T[K]> }
  : Encodable<T>;

/** What work with a large result gives. */
export interface Large<T> {
  /** The result; what it is made of does not change any more. */
  readonly value: Streamable<T> & object;
  /** About how much memory it takes, in bytes. */
  readonly size: number;
  /** Called when it is not needed any more. */
  readonly release?: () => void;
}

type LargeAnswer<T> = LargeResult<Streamable<T> & object>;
type Answer<T> = Encodable<T> | EncodedResult | LargeAnswer<T>;

/**
 * Does work whose result may be large, within the client's share of memory.
 *
 * @param work Takes of the share what it is about to use; that is given back when the result is sent,
 * or when the work fails.
 * @returns The result, at once where the work is done at once.
 */
export function withinShare<T>(
  client: ClientContext,
  work: (share: OutputRoom) => Large<T> | Promise<Large<T>>,
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
