/**
 * The methods of the hub's socket: one for each operation, and `session.follow`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import * as v from "valibot";
import { createDispatcher, type Dispatch, EncodedResult, type Method } from "../rpc/dispatch.ts";
import type { Envelope } from "../rpc/envelope.ts";
import { RpcError } from "../rpc/errors.ts";
import type { JsonNode } from "../rpc/json_document.ts";
import type { Logger } from "../system/log.ts";
import { failureText } from "./hub_log.ts";
import { FAILURE_CODES, failureOf } from "./failure_codes.ts";
import type { FollowRequest } from "./live_feed.ts";
import { type AnyOperation, checkParams, type OperationContext } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { perform } from "./perform.ts";
import { count, text, topics } from "./schemas.ts";

/** The longest result, in bytes: with the rest of the reply it fits into the longest line. */
const MAX_RESULT_BYTES = (8 << 20) - (64 << 10);
/** How deep params may nest. */
const MAX_DEPTH = 200;

/** The client that sent a request, as methods see it. */
export interface HubClientContext {
  /** What operations work with. */
  readonly operations: OperationContext;
  /** Sends the client everything that happens, in place of what it followed before. */
  follow(request: FollowRequest): void;
  /** From now on the client has the rights of another hub, and the audit its name. */
  introduce(name: string): void;
}

/** Options of {@linkcode hubDispatcher}. */
export interface HubDispatcherOptions {
  /** Checks a request's token in constant time. */
  readonly isAuthorized: (auth: string) => boolean;
  /** The log of the hub. */
  readonly log: Logger;
}

/** Creates the dispatcher of the socket. */
export function hubDispatcher({ isAuthorized, log }: HubDispatcherOptions): Dispatch<HubClientContext> {
  const operations = OPERATIONS.filter(({ isHttpOnly }) => !isHttpOnly);
  const methods = [
    ...operations.map((operation) => operationMethod(operation, log)),
    followMethod(log),
    introduceMethod(log),
  ];
  return createDispatcher<HubClientContext>({
    methods,
    namespaces: new Set(methods.map(({ name }) => name.slice(0, name.indexOf(".")))),
    isAuthorized,
    onUnauthorized: ({ method }) => log.warn(`unauthorized request: ${method}`),
    onPanic: ({ method }, error) => log.error(`${method} failed: ${Deno.inspect(error)}`),
  });
}

function operationMethod(operation: AnyOperation, log: Logger): Method<HubClientContext> {
  return method(operation.name, log, (params, { operations }) => perform(operation, operations, params));
}

const followParams = v.strictObject({
  after: v.optional(v.union([count, v.record(v.string(), count)])),
  sessions: v.optional(v.array(text)),
  watch: v.optional(topics),
});

function followMethod(log: Logger): Method<HubClientContext> {
  return method("session.follow", log, (params, client) => {
    checkParams(followParams, params);
    client.follow(params as FollowRequest);
    return { ok: true };
  });
}

/** A longer name is no name. */
const introduceParams = v.strictObject({ name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)) });

/** The client is another hub, which shows what this one has itself. */
function introduceMethod(log: Logger): Method<HubClientContext> {
  return method("hub.introduce", log, (params, client) => {
    checkParams(introduceParams, params);
    client.introduce((params as v.InferOutput<typeof introduceParams>).name);
    return { ok: true };
  });
}

/** Declares a method; absent params are `{}`. */
function method(
  name: string,
  log: Logger,
  handle: (params: unknown, client: HubClientContext) => object | Promise<object>,
): Method<HubClientContext> {
  const fail = (error: unknown): never => {
    throw toRpcError(name, error, log);
  };
  const encode = (result: object) => encodedResult(name, result);
  return {
    name,
    run(envelope, client) {
      try {
        const result = handle(paramsOf(envelope), client);
        return result instanceof Promise ? result.then(encode).catch(fail) : encode(result);
      } catch (error) {
        return fail(error);
      }
    },
  };
}

/**
 * Encodes a result.
 *
 * @throws {RpcError} If it does not fit into a line.
 */
function encodedResult(method: string, result: object): EncodedResult {
  const text = JSON.stringify(result);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_RESULT_BYTES) return new EncodedResult(text);
  const advice = method === "session.event" ? "with offset and length it comes in parts" : "ask for less at a time";
  throw new RpcError(FAILURE_CODES.too_large.rpc, `the result has ${bytes} bytes, too many for one line: ${advice}`);
}

function toRpcError(method: string, error: unknown, log: Logger): RpcError {
  if (error instanceof RpcError) return error;
  const { kind, message, isBug } = failureOf(error);
  if (isBug) log.error(`${method} failed: ${failureText(error)}`);
  return new RpcError(FAILURE_CODES[kind].rpc, message, { cause: error });
}

function paramsOf({ params }: Envelope): unknown {
  if (params === undefined || params.kind === "null") return {};
  if (params.kind !== "object") throw new RpcError(FAILURE_CODES.bad_params.rpc, "the params must be an object");
  return toValue(params, 0);
}

/** Converts a parsed value to plain data; of members with the same name, the last one counts. */
function toValue(node: JsonNode, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new RpcError(FAILURE_CODES.bad_params.rpc, "the params are nested too deeply");
  switch (node.kind) {
    case "null":
      return null;
    case "boolean":
    case "string":
      return node.value;
    case "number":
      return Number(node.literal);
    case "array":
      return node.items.map((item) => toValue(item, depth + 1));
    case "object":
      // Unlike an assignment, this also defines a member that is named "__proto__".
      return Object.fromEntries(node.members.map(([key, value]) => [key, toValue(value, depth + 1)]));
  }
}
