/**
 * All that this hub does over one connection to NATS, until it is lost.
 *
 * @module
 */

import {
  headers as newHeaders,
  type NatsConnection,
  PermissionViolationError,
  type Subscription,
} from "@nats-io/nats-core";
import { jetstream, type JetStreamClient } from "@nats-io/jetstream";
import type { EventQuery } from "../../sessions/sessions.ts";
import type { SessionEvent } from "../../sessions/types.ts";
import { type Clock, happensWithin } from "../../system/clock.ts";
import { HubUnreachableError } from "../hub_errors.ts";
import { type HostState, parseState, STATE_MS } from "./host_state.ts";
import { type EventReading, HUB_HEADER, hubMark, readEvents, readPast } from "./event_reader.ts";
import { EventSelection } from "./event_selection.ts";
import { parseJson } from "./messages.ts";
import { HostListeners } from "./host_listeners.ts";
import { KeptStates, readStates } from "./kept_states.ts";
import type { HostListener } from "./nats_connection.ts";
import { messageOf } from "./open_nats.ts";
import { Outbox, type OutgoingEvent } from "./outbox.ts";
import { PART_HEADER, PartJoiner } from "./parts.ts";
import { RpcClient } from "./rpc_client.ts";
import { type ServedContext, serveRpc } from "./rpc_service.ts";
import type { RpcRequest } from "./rpc_types.ts";
import { ensureStorage, type NatsStorage } from "./stream_setup.ts";
import {
  ALL_EVENTS,
  ALL_LIVE,
  ALL_STATES,
  decodeName,
  encodeName,
  eventSubject,
  hostOfSubject,
  stateSubject,
} from "./subjects.ts";

/** How long an acknowledgement may take, in milliseconds. */
const PUBLISH_MS = 5_000;
/** How long to wait before the stream is tried again, in milliseconds: it doubles from the first to the last. */
const RETRY_MS = { first: 100, last: 5_000 };
/** How long it may take to keep the last state, in milliseconds. */
const GOODBYE_MS = 500;

/** Options of {@linkcode NatsSession}. */
export interface NatsSessionOptions extends ServedContext {
  /** The connection. */
  readonly connection: NatsConnection;
  /** The name of the stream. */
  readonly stream: string;
  /** The name of this hub. */
  readonly ownName: string;
  /** Tells this hub from others of its name. */
  readonly hub: string;
  /** Returns which hub has a name; `undefined` if it was never heard of. */
  readonly hubOf: (host: string) => string | undefined;
  /** Returns the state of this hub. */
  readonly ownState: () => HostState;
  /** Called with each state that a host tells, those of this hub included. */
  readonly onState: (state: HostState) => void;
  /** Called with each state that was kept. */
  readonly onKept: (state: HostState) => void;
  /** Called every few seconds. */
  readonly onTick: () => void;
  /** The source of time. */
  readonly clock: Clock;
}

/** See the module comment. */
export class NatsSession implements AsyncDisposable {
  readonly #options: NatsSessionOptions;
  readonly #jetstream: JetStreamClient;
  readonly #rpc: RpcClient;
  /** Aborted when it ends, or the connection is lost. */
  readonly #over = new AbortController();
  readonly #listeners = new HostListeners();
  readonly #kept = new KeptStates();
  readonly #running: Promise<void>[] = [];
  /** Settles when there is a stream to read, or it is over. */
  readonly #hasStorage = Promise.withResolvers<void>();
  /** Whether this hub may hear of others. */
  #mayRead = true;
  #outbox: Outbox | undefined;

  /** Does nothing until it is started. */
  constructor(options: NatsSessionOptions) {
    this.#options = options;
    const { connection, ownName, clock } = options;
    this.#jetstream = jetstream(connection, { timeout: PUBLISH_MS });
    this.#rpc = new RpcClient(connection, ownName, clock);
    void connection.closed().then(() => this.#over.abort());
  }

  /** The connection. */
  get connection(): NatsConnection {
    return this.#options.connection;
  }

  /** Begins. */
  start(): void {
    const { connection, ownName, operations, liveNumber } = this.#options;
    serveRpc(connection, ownName, { operations, liveNumber });
    const states = connection.subscribe(ALL_STATES);
    const live = connection.subscribe(ALL_LIVE);
    this.#over.signal.addEventListener("abort", () => this.#hasStorage.resolve(), { once: true });
    this.#running.push(
      this.#takeStates(states),
      this.#takeLive(live),
      this.#keepTelling(),
      this.#keep("the events are not published", () => this.#publishEvents()),
      this.#keep("the events of other hosts are not read", () => this.#readAllEvents()),
    );
  }

  /** Says that there are more events. */
  wake(): void {
    this.#outbox?.wake();
  }

  /** Asks a host; see `RpcClient`. */
  call(host: string, request: RpcRequest, signal?: AbortSignal): Promise<unknown> {
    return this.#rpc.call(host, request, signal);
  }

  /** Listens to a host, until the result is disposed of. */
  listen(host: string, listener: HostListener): Disposable {
    return this.#listeners.add(encodeName(host), listener);
  }

  /** Reads the events of one session that come. */
  async readSession(host: string, session: string, take: (event: SessionEvent) => void): Promise<EventReading> {
    const { stream } = this.#options;
    const wanted = { stream, subject: eventSubject(host, session), hubOf: () => this.#options.hubOf(host) };
    return await readEvents(this.#jetstream, wanted, take);
  }

  /**
   * Reads events of one session that the stream has.
   *
   * @throws {HubUnreachableError} If they cannot be read.
   */
  async readPast(host: string, session: string, query: EventQuery): Promise<readonly SessionEvent[]> {
    const { stream } = this.#options;
    const selection = new EventSelection(query);
    const wanted = { stream, subject: eventSubject(host, session), hubOf: () => this.#options.hubOf(host) };
    try {
      await readPast(this.#jetstream, wanted, (event) => {
        selection.add(event);
        return !selection.isFull;
      });
    } catch (error) {
      if (error instanceof HubUnreachableError) throw error;
      throw new HubUnreachableError(`the stream of NATS cannot be read: ${messageOf(error)}`, { cause: error });
    }
    return selection.events;
  }

  /** Tells the others that this hub goes. */
  async sayGoodbye(): Promise<void> {
    try {
      this.#tell();
      await this.connection.flush();
      await happensWithin(this.#kept.stored, GOODBYE_MS, this.#options.clock);
    } catch {
      // The connection is lost, too: they notice it by the silence.
    }
  }

  /** Ends all that runs. The connection is closed by who has opened it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    this.#rpc[Symbol.dispose]();
    await this.connection.close();
    await Promise.all(this.#running);
    await this.#kept.stored;
  }

  get #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** Does work again and again; what goes wrong is said once. */
  async #keep(what: string, work: () => Promise<void>): Promise<void> {
    const { operations: { log } } = this.#options;
    let said = "";
    for (let pause = RETRY_MS.first; !this.#isOver; pause = Math.min(pause * 2, RETRY_MS.last)) {
      try {
        await work();
        pause = RETRY_MS.first;
      } catch (error) {
        if (this.#isOver) return;
        const text = `${what}: ${messageOf(error)}`;
        if (text !== said) log.warn(`[nats] ${text}`);
        said = text;
      }
      await this.#pause(pause);
    }
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(ms, resolve);
    const { signal } = this.#over;
    const end = () => resolve();
    signal.addEventListener("abort", end, { once: true });
    if (!signal.aborted) await promise;
    signal.removeEventListener("abort", end);
    cancel();
  }

  async #publishEvents(): Promise<void> {
    const { ownName, operations: { sessions, store }, connection, stream } = this.#options;
    const storage = await ensureStorage(connection, stream);
    this.#hasStorage.resolve();
    await this.#useBucket(storage);
    const { key } = storage;
    const outbox = new Outbox({
      host: ownName,
      hub: hubMark(this.#options.hub),
      eventsAfter: (after, limit) => sessions.eventsAfter(after, { limit }),
      cursor: store.outbox.cursor(key),
      store: (cursor) => store.outbox.setCursor(key, cursor),
      publish: (message) => this.#publish(message),
      clock: this.#options.clock,
    });
    this.#outbox = outbox;
    try {
      await outbox.run(this.#over.signal);
    } finally {
      this.#outbox = undefined;
    }
  }

  async #publish({ subject, data, id, part }: OutgoingEvent): Promise<void> {
    const fields = newHeaders();
    fields.set(HUB_HEADER, hubMark(this.#options.hub));
    if (part !== undefined) fields.set(PART_HEADER, part);
    await this.#jetstream.publish(subject, data, { msgID: id, headers: fields });
  }

  /** Reads the states that are kept, and tells and keeps the own one. */
  async #useBucket({ bucket }: NatsStorage): Promise<void> {
    const isFirst = !this.#kept.hasBucket;
    this.#kept.use(bucket);
    // Who has just made the bucket found nothing in it, and may have come after the state was told.
    this.#tell();
    if (!isFirst || !this.#mayRead) return;
    await readStates(bucket, this.#options.onKept, this.#over.signal).catch((error) => this.#noteUnread(error));
  }

  /** A hub that may not read goes on without: it is shown by others, and shows none. */
  #noteUnread(error: unknown): void {
    if (this.#isOver || !this.#mayRead) return;
    const { operations: { log } } = this.#options;
    if (!isRefusal(error)) return log.warn(`[nats] cannot read what other hosts tell: ${messageOf(error)}`);
    this.#mayRead = false;
    log.info("[nats] this hub may not read what others tell, so that it shows none of them");
  }

  async #readAllEvents(): Promise<void> {
    const { stream } = this.#options;
    await this.#hasStorage.promise;
    if (!this.#mayRead) return await this.#pause(Infinity);
    if (this.#isOver) return;
    const wants = (host: string) => this.#listeners.has(host);
    const hubOf = (host: string) => this.#options.hubOf(decodeName(host) ?? "");
    const take = (event: SessionEvent, host: string) => {
      for (const listener of this.#listeners.of(host)) listener.event?.(event);
    };
    await using reading = await readEvents(this.#jetstream, { stream, subject: ALL_EVENTS, wants, hubOf }, take);
    for (const listener of this.#listeners.all()) listener.reading();
    const end = () => void reading[Symbol.asyncDispose]();
    this.#over.signal.addEventListener("abort", end, { once: true });
    await reading.ended;
    this.#over.signal.removeEventListener("abort", end);
  }

  async #takeStates(subscription: Subscription): Promise<void> {
    try {
      for await (const message of subscription) {
        const state = parseState(message.data);
        // Nobody can speak for another one: the server lets each publish its own subjects alone.
        if (state === undefined || hostOfSubject(message.subject) !== state.name) continue;
        this.#options.onState(state);
        for (const listener of this.#listeners.of(encodeName(state.name))) listener.state(state.last_event);
      }
    } catch (error) {
      this.#noteUnread(error);
    }
  }

  async #takeLive(subscription: Subscription): Promise<void> {
    const joiner = new PartJoiner();
    try {
      for await (const message of subscription) {
        const host = message.subject.split(".")[1] ?? "";
        if (!this.#listeners.has(host)) continue;
        const data = joiner.add(message.data, message.headers?.get(PART_HEADER), message.subject);
        if (data === undefined) continue;
        const envelope = parseJson(data);
        for (const listener of this.#listeners.of(host)) listener.live(envelope);
      }
    } catch (error) {
      this.#noteUnread(error);
    }
  }

  async #keepTelling(): Promise<void> {
    const { onTick } = this.#options;
    while (!this.#isOver) {
      this.#tell();
      await this.#pause(STATE_MS);
      onTick();
    }
  }

  #tell(): void {
    const { connection, ownName, ownState } = this.#options;
    if (connection.isClosed()) return;
    connection.publish(stateSubject(ownName), JSON.stringify(ownState()));
    this.#kept.keep(ownName, ownState);
  }
}

/** Whether the server has refused something. */
function isRefusal(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof PermissionViolationError) return true;
  }
  return false;
}
