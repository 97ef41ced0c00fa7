/**
 * Asks other hubs over NATS. A request has one answer, in one or more parts.
 *
 * @module
 */

import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import * as v from "valibot";
import { abortable } from "../../client/abortable.ts";
import type { Clock } from "../../system/clock.ts";
import { HubCallError, HubUnreachableError } from "../hub_errors.ts";
import { parseJson, sendMessage } from "./messages.ts";
import { PART_HEADER, PartJoiner } from "./parts.ts";
import { rpcReply, type RpcRequest } from "./rpc_types.ts";
import { inboxPrefix, rpcSubject } from "./subjects.ts";

/** After this time a request counts as lost, in milliseconds: the server may drop what it cannot deliver. */
const LOST_MS = 180_000;
/** What the server answers if nobody takes requests. */
const NO_RESPONDERS = 503;

interface Pending {
  readonly host: string;
  readonly method: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The requests over one connection. */
export class RpcClient implements Disposable {
  readonly #connection: NatsConnection;
  readonly #clock: Clock;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #pending = new Map<string, Pending>();
  readonly #joiner = new PartJoiner();
  #isClosed = false;

  /** @param host The name of this hub, under whose inbox the answers come. */
  constructor(connection: NatsConnection, host: string, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
    this.#inbox = `${inboxPrefix(host)}.rpc`;
    this.#subscription = connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        // What the server refuses is told as an error of the connection, too.
        if (error === null) this.#take(message);
      },
    });
  }

  /**
   * Asks a host.
   *
   * @param signal Stops waiting; the request is not taken back.
   * @throws {HubCallError} If it answers with an error.
   * @throws {HubUnreachableError} If no answer came.
   * @throws The signal's reason.
   */
  async call(host: string, request: RpcRequest, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#isClosed || this.#connection.isClosed()) throw new HubUnreachableError("the connection to NATS was lost");
    // Whoever is in NATS can have the server answer under any subject: only the host that is asked may know this one.
    const id = crypto.randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { host, method: request.method, resolve, reject });
    const reply = `${this.#inbox}.${id}`;
    const late = new HubUnreachableError(`host ${JSON.stringify(host)} did not answer in time`);
    const cancel = this.#clock.after(LOST_MS, () => reject(late));
    try {
      sendMessage(this.#connection, rpcSubject(host), JSON.stringify(request), { key: id, reply });
      return await abortable(promise, signal);
    } finally {
      cancel();
      this.#pending.delete(id);
      promise.catch(() => {}); // it has no waiter after an abort
    }
  }

  /** Ends all requests. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    if (!this.#connection.isClosed()) this.#subscription.unsubscribe();
    for (const { reject } of this.#pending.values()) reject(new HubUnreachableError("the connection to NATS was lost"));
    this.#pending.clear();
  }

  #take(message: Msg): void {
    const id = message.subject.slice(this.#inbox.length + 1);
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const { host, method } = pending;
    if (message.headers?.code === NO_RESPONDERS) {
      return pending.reject(new HubUnreachableError(`host ${JSON.stringify(host)} is not connected to NATS`));
    }
    const data = this.#joiner.add(message.data, message.headers?.get(PART_HEADER), id);
    if (data === undefined) return;
    const reply = v.safeParse(rpcReply, parseJson(data));
    if (!reply.success) pending.reject(new HubCallError(method, -32603, "the answer cannot be read"));
    else if ("error" in reply.output) {
      pending.reject(new HubCallError(method, reply.output.error.code, reply.output.error.message));
    } else pending.resolve(reply.output.result);
  }
}
