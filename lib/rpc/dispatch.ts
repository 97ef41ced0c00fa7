/**
 * Turning a request line into a reply line: the checks that all requests share (contract: Order of checks), the call
 * of the method, and the form of the reply.
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

/** The result of a method that gets no reply. */
export const NO_REPLY: unique symbol = Symbol("no reply");

/** A result that is already encoded. */
export class EncodedResult {
  /** The JSON text. */
  readonly text: string;

  /** Encodes a result once, so that it can be sent many times; a string is taken as JSON. */
  constructor(result: object | string) {
    this.text = typeof result === "string" ? result : encodeJson(result);
  }
}

/** A result that may be large; it is encoded while it is sent. */
export class LargeResult<T extends object = object> {
  /** The value to encode; see {@linkcode jsonPieces}. */
  readonly value: T;
  /** The approximate memory that the value takes, in bytes. */
  readonly size: number;
  /** Called once, when the result is sent or will not be; the value is not used afterwards. */
  readonly release: () => void;

  /** Wraps a value that must not change afterwards. */
  constructor(value: T, size: number, release: () => void) {
    this.value = value;
    this.size = size;
    this.release = release;
  }
}

/** A reply that is encoded while it is sent. */
export interface LargeReply extends Pick<LargeResult, "size" | "release"> {
  /** The line with its newline, in pieces; each piece is valid until the next is requested. */
  readonly pieces: Iterable<Uint8Array>;
}

/** A reply line with its newline. */
export type Reply = string | LargeReply;

/**
 * The result of a method: a plain object whose fields are sent in their order, an encoded result, one that may be
 * large, or none.
 */
export type MethodResult = object | EncodedResult | LargeResult | typeof NO_REPLY;

/** A method of the dispatcher; `C` is the context that each call gets, such as its connection. */
export interface Method<C> {
  /** The full name, `namespace.method`. */
  readonly name: string;
  /** Decodes the params and runs the method; throws {@linkcode RpcError} for errors that the client gets. */
  readonly run: (envelope: Envelope, context: C) => MethodResult | Promise<MethodResult>;
}

/** Declares a method without params; the request's params are ignored. */
export function plainMethod<C>(name: string, handle: (context: C) => MethodResult | Promise<MethodResult>): Method<C> {
  return { name, run: (_envelope, context) => handle(context) };
}

/** Declares a method with typed params; an absent `params`, or one of a wrong type, fails with `Invalid params`. */
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

/** Called for each reply with the requested method, the error code or 0, and the time taken in milliseconds. */
export type OnAnswer = (method: string, code: number, ms: number) => void;

/** Options of {@linkcode createDispatcher}. */
export interface DispatcherOptions<C> {
  /** All methods. */
  readonly methods: Iterable<Method<C>>;
  /** The namespaces, including those without methods. */
  readonly namespaces: Iterable<string>;
  /** The methods that need no token; a wrong one does no harm. @default {none} */
  readonly openMethods?: Iterable<string>;
  /** Checks a request's token in constant time; returns `undefined` if the request must not be answered. */
  readonly isAuthorized: (auth: string, context: C) => boolean | undefined;
  /** Called for each request with a wrong token. */
  readonly onUnauthorized?: (envelope: Envelope) => void;
  /** Called for each error that is not an {@linkcode RpcError}. */
  readonly onPanic?: (envelope: Envelope, error: unknown) => void;
  /** Called for each reply. */
  readonly onAnswer?: OnAnswer;
}

/**
 * Answers one request line. It returns the reply with its newline, a promise of it, or `undefined` if there is no
 * reply. It never throws and never rejects.
 */
export type Dispatch<C> = (
  line: string,
  isPlain: boolean,
  context: C,
) => Reply | undefined | Promise<Reply | undefined>;

/** Creates a dispatcher. */
export function createDispatcher<C>(options: DispatcherOptions<C>): Dispatch<C> {
  const methods = new Map<string, Method<C>>();
  for (const method of options.methods) methods.set(method.name, method);
  const namespaces = new Set(options.namespaces);
  const openMethods = new Set(options.openMethods);

  const { onAnswer } = options;
  const startTime = onAnswer === undefined ? () => 0 : () => performance.now();

  function succeed({ id, method }: Envelope, result: MethodResult, start: number): Reply | undefined {
    if (onAnswer !== undefined) onAnswer(method, 0, performance.now() - start);
    return resultReply(id, result);
  }

  function fail(envelope: Envelope, error: unknown, start: number): string {
    const reported = error instanceof RpcError ? error : panicError(envelope, error);
    onAnswer?.(envelope.method, reported.code, performance.now() - start);
    return errorReply(envelope.id, reported);
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
      if (!isAuthorized && !openMethods.has(envelope.method)) refuse(envelope);
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
 * Creates a function that compares a text with a token. Its time depends only on the lengths of both.
 *
 * @param token The correct token; if it is empty, no text matches.
 */
export function tokenChecker(token: string): (auth: string) => boolean {
  return (auth) => {
    let difference = auth.length ^ token.length;
    for (let i = 0; i < token.length; i++) difference |= token.charCodeAt(i) ^ auth.charCodeAt(i);
    return difference === 0 && token !== "";
  };
}
