/**
 * Answers what other hubs ask over NATS: the operations, and what somebody needs who follows.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import * as v from "valibot";
import type { Sessions } from "../../sessions/sessions.ts";
import type { Caller } from "../caller.ts";
import { pageOf } from "../event_size.ts";
import { FAILURE_CODES, failureOf } from "../failure_codes.ts";
import { isForwardable } from "../hosts/forwarding.ts";
import type { AnyOperation, OperationContext } from "../operation.ts";
import { OperationError } from "../operation_error.ts";
import { OPERATIONS } from "../operations.ts";
import { perform } from "../perform.ts";
import { type Snapshot, snapshotOf } from "../snapshot.ts";
import { parseJson, sendMessage } from "./messages.ts";
import { PART_HEADER, PartJoiner } from "./parts.ts";
import {
  MISSED,
  type MissedEvents,
  missedParams,
  type RpcRequest,
  rpcRequest,
  SNAPSHOT,
  snapshotParams,
} from "./rpc_types.ts";
import { rpcSubject } from "./subjects.ts";

/** How many requests may be under way. */
const MAX_RUNNING = 128;
/** The longest answer, in bytes. */
const MAX_RESULT_BYTES = 8 << 20;
/** How many events are read at once for who has missed some. */
const MISSED_EVENTS = 500;

/** What answers work with. */
export interface ServedContext {
  /** What operations work with. */
  readonly operations: Omit<OperationContext, "caller">;
  /** Returns the number of the last live message that was published. */
  readonly liveNumber: () => number;
}

const FORWARDED: ReadonlyMap<string, AnyOperation> = new Map(
  OPERATIONS.filter(({ name, isHttpOnly }) => !isHttpOnly && isForwardable(name)).map((one) => [one.name, one]),
);

/** Answers requests over a connection until that is closed. */
export function serveRpc(connection: NatsConnection, host: string, context: ServedContext): Subscription {
  const joiner = new PartJoiner();
  let running = 0;
  const subscription = connection.subscribe(rpcSubject(host));
  const answer = async (message: Msg, data: Uint8Array) => {
    running++;
    try {
      const text = await answerTo(parseJson(data), context, running > MAX_RUNNING);
      if (!connection.isClosed()) sendMessage(connection, message.reply!, text, { key: "answer" });
    } finally {
      running--;
    }
  };
  const serve = async () => {
    for await (const message of subscription) {
      if (message.reply === undefined || message.reply === "") continue;
      const data = joiner.add(message.data, message.headers?.get(PART_HEADER), message.reply);
      if (data === undefined) continue;
      answer(message, data).catch((error) =>
        context.operations.log.error(`[nats] cannot answer: ${Deno.inspect(error)}`)
      );
    }
  };
  serve().catch((error) => context.operations.log.warn(`[nats] may not answer other hubs: ${error}`));
  return subscription;
}

async function answerTo(request: unknown, context: ServedContext, isBusy: boolean): Promise<string> {
  try {
    if (isBusy) throw new OperationError("too_many", "the hub answers too many requests in this moment: try again");
    const parsed = v.safeParse(rpcRequest, request);
    if (!parsed.success) throw new OperationError("bad_params", "this is no request of a hub");
    const text = JSON.stringify({ result: await run(parsed.output, context) });
    if (Buffer.byteLength(text) <= MAX_RESULT_BYTES) return text;
    throw new OperationError("too_large", `the result of ${parsed.output.method} is too large: ask for less at a time`);
  } catch (error) {
    const { kind, message, isBug } = failureOf(error);
    if (isBug) context.operations.log.error(`[nats] a request failed: ${Deno.inspect(error)}`);
    return JSON.stringify({ error: { code: FAILURE_CODES[kind].rpc, message } });
  }
}

function run({ method, params, who, viewer }: RpcRequest, context: ServedContext): object | Promise<object> {
  const caller: Caller = { who, way: "nats", isViewer: viewer, isHub: true };
  const { operations, liveNumber } = context;
  if (method === SNAPSHOT) return { snapshot: snapshot(params, operations.sessions), live: liveNumber() };
  if (method === MISSED) return missed(params, operations.sessions);
  const operation = FORWARDED.get(method);
  if (operation === undefined) {
    throw new OperationError("refused", `${method} is not for other hubs`);
  }
  if (typeof params === "object" && params !== null && Object.hasOwn(params, "host")) {
    throw new OperationError("refused", "ask that host itself");
  }
  return perform(operation, { ...operations, caller }, params);
}

function snapshot(params: unknown, sessions: Sessions): Snapshot {
  const parsed = v.safeParse(snapshotParams, params);
  if (!parsed.success) throw new OperationError("bad_params", "the parameters do not fit");
  const wanted = parsed.output.sessions?.map((reference) => sessions.get(reference).id);
  return snapshotOf(sessions, (session) => wanted?.includes(session) ?? true);
}

function missed(params: unknown, sessions: Sessions): MissedEvents {
  const parsed = v.safeParse(missedParams, params);
  if (!parsed.success) throw new OperationError("bad_params", "the parameters do not fit");
  const { after, sessions: wanted } = parsed.output;
  const found = sessions.eventsAfter(after, { limit: MISSED_EVENTS, sessions: wanted });
  return { events: pageOf(found), has_more: found.length > 0 };
}
