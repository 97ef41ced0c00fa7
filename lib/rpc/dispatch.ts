/**
 * From a request line to a reply line: the global order of checks (contract: Order of checks), the method's own
 * work, and the shape of the answer.
 *
 * @module
 */

import { decodeEnvelope, type Envelope } from "./envelope.ts";
import {
  INTERNAL_ERROR,
  INVALID_REQUEST,
  invalidParams,
  METHOD_NOT_FOUND,
  PARSE_ERROR,
  RpcError,
  UNAUTHORIZED,
} from "./errors.ts";
import type { JsonNode } from "./json_document.ts";
import { encodeJson } from "./json_encode.ts";
import { jsonPieces } from "./json_pieces.ts";
import { type Decoded, type Schema, structDecoder } from "./struct.ts";

/** What a method answers when no reply frame is to be written. */
export const NO_REPLY: unique symbol = Symbol("no reply");

/** A result that is encoded already. */
export class EncodedResult {
  /** The JSON text. */
  readonly text: string;

  /** Encodes a result that is given again and again, once; a text is one already. */
  constructor(result: object | string) {
    this.text = typeof result === "string" ? result : encodeJson(result);
  }
}

/** A result that may be large: it is encoded while it is sent. */
export class LargeResult<T extends object = object> {
  /** What is encoded, see {@linkcode jsonPieces}. */
  readonly value: T;
  /** About how much memory it takes, in bytes. */
  readonly size: number;
  /** Called once, when it is sent or cannot be any more: nobody needs it from then on. */
  readonly release: () => void;

  /** Takes a result whose value does not change any more. */
  constructor(value: T, size: number, release: () => void) {
    this.value = value;
    this.size = size;
    this.release = release;
  }
}

/** A reply that is encoded while it is sent. */
export interface LargeReply extends Pick<LargeResult, "size" | "release"> {
  /** The line with its newline, in pieces; each is good until the next is asked for. */
  readonly pieces: Iterable<Uint8Array>;
}

/** A reply line with its newline. */
export type Reply = string | LargeReply;

/**
 * What a method answers: a plain object whose field order is the reply's, an encoded one, one that
 * may be large, or no reply at all.
 */
export type MethodResult = object | EncodedResult | LargeResult | typeof NO_REPLY;

/** A method that the dispatcher knows; `C` is what it is given of the connection and the daemon. */
export interface Method<C> {
  /** The whole name, `namespace.method`. */
  readonly name: string;
  /** Decodes and runs; throws {@linkcode RpcError} for what the client is to be told. */
  readonly run: (envelope: Envelope, context: C) => MethodResult | Promise<MethodResult>;
}

/** Declares a method that takes no params: whatever stands there is ignored. */
export function plainMethod<C>(name: string, handle: (context: C) => MethodResult | Promise<MethodResult>): Method<C> {
  return { name, run: (_envelope, context) => handle(context) };
}

/** Declares a method with typed params; an absent `params`, or one of a wrong type, is `Invalid params`. */
export function paramsMethod<S extends Schema, C>(
  name: string,
  schema: S,
  handle: (params: Decoded<S>, context: C) => MethodResult | Promise<MethodResult>,
): Method<C> {
  const decode = structDecoder(schema);
  return {
    name,
    run: ({ params }, context) => {
      if (params === undefined) throw invalidParams();
      return handle(decodeOrRefuse(decode, params), context);
    },
  };
}

function decodeOrRefuse<T>(decode: (node: JsonNode) => T, node: JsonNode): T {
  try {
    return decode(node);
  } catch (error) {
    if (error instanceof TypeError) throw invalidParams();
    throw error;
  }
}

/** Told of an answer: the method that was asked for, the error's code or 0, the time it took in milliseconds. */
export type OnAnswer = (method: string, code: number, ms: number) => void;

/** What a dispatcher is made of. */
export interface DispatcherOptions<C> {
  /** All methods. */
  readonly methods: Iterable<Method<C>>;
  /** The namespaces; one may have no methods. */
  readonly namespaces: Iterable<string>;
  /** Tells whether a request's token is the right one, in constant time; `undefined` if the request gets no answer. */
  readonly isAuthorized: (auth: string, context: C) => boolean | undefined;
  /** Called for each refused token. */
  readonly onUnauthorized?: (envelope: Envelope) => void;
  /** Called for a failure that is no {@linkcode RpcError}. */
  readonly onPanic?: (envelope: Envelope, error: unknown) => void;
  /** Called for each answer. */
  readonly onAnswer?: OnAnswer;
}

/**
 * Answers one line: the reply with its newline, a promise of it, or `undefined` where none is to
 * be written. Never throws, never rejects.
 */
export type Dispatch<C> = (
  line: string,
  isPlain: boolean,
  context: C,
) => Reply | undefined | Promise<Reply | undefined>;

/** Makes the dispatcher. */
export function createDispatcher<C>(options: DispatcherOptions<C>): Dispatch<C> {
  const methods = new Map<string, Method<C>>();
  for (const method of options.methods) methods.set(method.name, method);
  const namespaces = new Set(options.namespaces);

  const { onAnswer } = options;
  const startTime = onAnswer === undefined ? () => 0 : () => performance.now();

  function succeed({ id, method }: Envelope, result: MethodResult, start: number): Reply | undefined {
    if (onAnswer !== undefined) onAnswer(method, 0, performance.now() - start);
    return resultReply(id, result);
  }

  function fail(envelope: Envelope, error: unknown, start: number): string {
    const told = error instanceof RpcError ? error : panicError(envelope, error);
    onAnswer?.(envelope.method, told.code, performance.now() - start);
    return errorReply(envelope.id, told);
  }

  function panicError(envelope: Envelope, error: unknown): RpcError {
    options.onPanic?.(envelope, error);
    const text = error instanceof Error ? error.message : String(error);
    return new RpcError(INTERNAL_ERROR, `recovered panic: ${text}`);
  }

  function refuse(envelope: Envelope): never {
    options.onUnauthorized?.(envelope);
    throw new RpcError(UNAUTHORIZED, "Unauthorized: invalid or missing auth token");
  }

  return (line, isPlain, context) => {
    const envelope = tryDecode(line, isPlain);
    if (envelope === undefined) return PARSE_ERROR_REPLY;
    const start = startTime();
    try {
      const isAuthorized = options.isAuthorized(envelope.auth, context);
      if (isAuthorized === undefined) return undefined;
      if (!isAuthorized) refuse(envelope);
      const result = findMethod(envelope, methods, namespaces).run(envelope, context);
      if (!(result instanceof Promise)) return succeed(envelope, result, start);
      return result.then((value) => succeed(envelope, value, start)).catch((error) => fail(envelope, error, start));
    } catch (error) {
      return fail(envelope, error, start);
    }
  };
}

function tryDecode(line: string, isPlain: boolean): Envelope | undefined {
  try {
    return decodeEnvelope(line, isPlain);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function findMethod<C>(
  { jsonrpc, method }: Envelope,
  methods: ReadonlyMap<string, Method<C>>,
  namespaces: ReadonlySet<string>,
): Method<C> {
  if (jsonrpc !== "2.0") throw new RpcError(INVALID_REQUEST, "Invalid JSON-RPC version");
  const known = methods.get(method);
  if (known !== undefined) return known;
  const dot = method.indexOf(".");
  if (dot < 0) throw new RpcError(METHOD_NOT_FOUND, `Invalid method format: ${method}`);
  const namespace = method.slice(0, dot);
  if (!namespaces.has(namespace)) throw new RpcError(METHOD_NOT_FOUND, `Unknown namespace: ${namespace}`);
  throw new RpcError(METHOD_NOT_FOUND, `Unknown method: ${method}`);
}

const PARSE_ERROR_REPLY = errorReply("null", new RpcError(PARSE_ERROR, "Parse error"));

function resultReply(id: string, result: MethodResult): Reply | undefined {
  if (result === NO_REPLY) return undefined;
  if (result instanceof LargeResult) return largeReply(id, result);
  const text = result instanceof EncodedResult ? result.text : encodeJson(result);
  return `{"jsonrpc":"2.0","id":${id},"result":${text}}\n`;
}

function largeReply(id: string, { value, size, release }: LargeResult): LargeReply {
  const pieces = jsonPieces(value, { head: `{"jsonrpc":"2.0","id":${id},"result":`, tail: "}\n" });
  return { pieces, size, release };
}

function errorReply(id: string, { code, message }: RpcError): string {
  return `{"jsonrpc":"2.0","id":${id},"error":${encodeJson({ code, message })}}\n`;
}

/**
 * Makes the check of a token: an exact comparison whose time depends on the tokens' lengths only.
 *
 * @param token The right token; an empty one authorizes nobody.
 */
export function tokenChecker(token: string): (auth: string) => boolean {
  return (auth) => {
    let difference = auth.length ^ token.length;
    for (let i = 0; i < token.length; i++) difference |= token.charCodeAt(i) ^ auth.charCodeAt(i);
    return difference === 0 && token !== "";
  };
}
