/**
 * The hub of another machine over NATS, as if it were connected: its events come from the stream, what is not kept from
 * its own subjects, and the rest is asked.
 *
 * Every event comes once and in order. What the stream lacks is noticed by the numbers, and asked of the host.
 *
 * @module
 */

import type { LiveMessage, SessionEvent } from "../../sessions/types.ts";
import type { ForwardedCaller, HubConnection } from "../connect_hub.ts";
import { shownEvent } from "../event_size.ts";
import { FAILURE_CODES } from "../failure_codes.ts";
import { HubCallError, HubUnreachableError } from "../hub_errors.ts";
import type { OnNotification } from "../hub_line.ts";
import type { Snapshot } from "../snapshot.ts";
import type { EventReading } from "./event_reader.ts";
import type { NatsReach } from "./nats_connection.ts";
import { type LiveEnvelope, MISSED, type MissedEvents, SNAPSHOT, type SnapshotResult } from "./rpc_types.ts";

/** With more unread messages than this, the line is closed: whoever follows comes back with what they have. */
const MAX_UNREAD = 20_000;
/** How many messages wait at most for an event before them. */
const MAX_HELD = 2_000;

type Input =
  | { readonly kind: "event"; readonly event: SessionEvent }
  | { readonly kind: "live"; readonly envelope: LiveEnvelope }
  | { readonly kind: "reading" }
  | { readonly kind: "state"; readonly lastEvent: number };

/** Options of {@linkcode NatsHubLine}. */
export interface NatsHubLineOptions {
  /** The connection. */
  readonly reach: NatsReach;
  /** The name of the host in NATS. */
  readonly host: string;
  /** The name of this hub, for the audit of the other one. */
  readonly ownName: string;
  /** Takes what happens. */
  readonly onNotification: OnNotification;
  /** Called when it is closed. */
  readonly onClose: () => void;
}

/** See the module comment. */
export class NatsHubLine implements HubConnection {
  readonly #options: NatsHubLineOptions;
  readonly #closed = Promise.withResolvers<HubUnreachableError>();
  readonly #closing = new AbortController();
  #lost: HubUnreachableError | undefined;
  #listening: Disposable | undefined;
  #reading: EventReading | undefined;
  #sessions: readonly string[] | undefined;
  readonly #unread: Input[] = [];
  #isReading = false;
  #running: Promise<void> = Promise.resolve();
  /** The id of the last event that was passed on or is not wanted. */
  #cursor = 0;
  /** The number in the session of the last event, while one session is followed; `undefined` before the first. */
  #seq: number | undefined;
  readonly #held: LiveEnvelope[] = [];
  /** The newest event of the host, as it said the last time. */
  #told = 0;

  /** Is connected at once. */
  constructor(options: NatsHubLineOptions) {
    this.#options = options;
  }

  /** Settles with the reason when the line is lost or closed; never rejects. */
  get closed(): Promise<HubUnreachableError> {
    return this.#closed.promise;
  }

  /** Whether the line is lost or closed. */
  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /**
   * Runs an operation of the host, or follows it.
   *
   * @throws {HubCallError} If the host answers with an error.
   * @throws {HubUnreachableError} If no answer came.
   * @throws The signal's reason.
   */
  async call(method: string, params: unknown, signal?: AbortSignal, caller?: ForwardedCaller): Promise<unknown> {
    if (this.#lost !== undefined) throw this.#lost;
    if (method === "session.follow") {
      await this.#follow(params as FollowParams);
      return { ok: true };
    }
    const { reach, host, ownName } = this.#options;
    const who = `${caller?.who ?? "hub"}@${ownName}`.slice(0, 300);
    const ending = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
    return await reach.call(host, { method, params, who, viewer: caller?.isViewer ?? false }, ending);
  }

  /** Closes the line; pending requests fail. */
  close(reason = new HubUnreachableError("the line to the host was closed")): void {
    if (this.#lost !== undefined) return;
    this.#lost = reason;
    this.#closing.abort(reason);
    this.#listening?.[Symbol.dispose]();
    this.#unread.length = this.#held.length = 0;
    this.#closed.resolve(reason);
    this.#options.onClose();
  }

  /** Closes the line and waits until nothing is read any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#reading?.[Symbol.asyncDispose]();
    await this.#running;
  }

  /** Listens first, and asks for the state then, so that nothing is lost in between. */
  async #follow({ after, sessions }: FollowParams): Promise<void> {
    const { reach, host } = this.#options;
    this.#sessions = sessions;
    this.#isReading = true; // what comes is kept until the snapshot has been passed on
    const [session, ...others] = sessions ?? [];
    const isOne = session !== undefined && others.length === 0;
    const live = (envelope: unknown) => this.#takeLive(envelope);
    const state = (lastEvent: number) => this.#take({ kind: "state", lastEvent });
    const event = (event: SessionEvent) => this.#take({ kind: "event", event });
    const reading = () => isOne ? undefined : this.#take({ kind: "reading" });
    this.#listening = reach.listen(host, { live, state, reading, ...(isOne ? {} : { event }) });
    if (isOne) await this.#readOne(session, event);
    const wanted = sessions === undefined ? {} : { sessions };
    const { snapshot, live: included } = await this.call(SNAPSHOT, wanted) as SnapshotResult;
    const isNews = (input: Input) => input.kind !== "live" || input.envelope.n > included;
    this.#unread.splice(0, this.#unread.length, ...this.#unread.filter(isNews));
    if (after !== undefined && after > snapshot.last_event) {
      const text = `there is no event ${after} yet: the newest one is ${snapshot.last_event}`;
      throw new HubCallError("session.follow", FAILURE_CODES.bad_params.rpc, text);
    }
    this.#cursor = after ?? snapshot.last_event;
    this.#running = this.#run(snapshot);
  }

  async #readOne(session: string, take: (event: SessionEvent) => void): Promise<void> {
    const { reach, host } = this.#options;
    const reading = await reach.readSession(host, session, take);
    if (this.#lost !== undefined) {
      await reading[Symbol.asyncDispose]();
      throw this.#lost;
    }
    this.#reading = reading;
    void reading.ended.then(() => this.close(new HubUnreachableError("the stream of NATS was lost")));
  }

  async #run(snapshot: Snapshot): Promise<void> {
    try {
      await this.#pass(snapshot);
      if (this.#cursor < snapshot.last_event) await this.#fill();
      // Nothing of the sessions that are wanted comes any more that is as old.
      if (this.#cursor < snapshot.last_event) this.#cursor = snapshot.last_event;
      await this.#passUnread();
    } catch (error) {
      this.#fail(error);
    }
  }

  #takeLive(envelope: unknown): void {
    if (!isLive(envelope)) return;
    if (this.#sessions !== undefined && !this.#sessions.includes(sessionOf(envelope.message as LiveMessage))) return;
    this.#take({ kind: "live", envelope });
  }

  #take(input: Input): void {
    if (this.#lost !== undefined) return;
    if (this.#unread.length >= MAX_UNREAD) {
      return this.close(new HubUnreachableError("the events of the host came faster than they were read"));
    }
    this.#unread.push(input);
    if (this.#isReading) return;
    this.#isReading = true;
    this.#running = this.#passUnread().catch((error) => this.#fail(error));
  }

  #fail(error: unknown): void {
    const reason = error instanceof HubUnreachableError
      ? error
      : new HubUnreachableError(`what the host has sent cannot be followed: ${error}`, { cause: error });
    this.close(reason);
  }

  /** Nothing is awaited unless somebody has to wait, so that a quick reader costs little. */
  async #passUnread(): Promise<void> {
    while (this.#unread.length > 0) {
      for (const input of this.#unread.splice(0)) {
        if (this.#lost !== undefined) return;
        const waiting = this.#process(input);
        if (waiting !== undefined) await waiting;
      }
    }
    this.#isReading = false;
  }

  #process(input: Input): void | Promise<void> {
    if (input.kind === "state") return this.#processState(input.lastEvent);
    if (input.kind === "reading") return this.#catchUp();
    if (input.kind === "live") return this.#processLive(input.envelope);
    const { event } = input;
    if (event.id <= this.#cursor) return;
    if (this.#hasHoleBefore(event)) return this.#processAfterHole(event);
    return this.#processEvent(event);
  }

  #hasHoleBefore({ id, seq }: SessionEvent): boolean {
    if (this.#reading === undefined) return id !== this.#cursor + 1;
    return this.#seq !== undefined && seq !== this.#seq + 1;
  }

  async #processAfterHole(event: SessionEvent): Promise<void> {
    await this.#fill();
    // The host does not have it, or no longer: the event is newer than what it told.
    if (event.id > this.#cursor) await this.#processEvent(event);
  }

  #processEvent(event: SessionEvent): void | Promise<void> {
    this.#cursor = event.id;
    if (this.#reading !== undefined) this.#seq = event.seq;
    const isWanted = this.#sessions?.includes(event.session) ?? true;
    const passed = isWanted ? this.#pass({ type: "event", event: shownEvent(event) }) : undefined;
    if (this.#held.length === 0) return passed;
    return (async () => {
      await passed;
      await this.#release();
    })();
  }

  #processLive(envelope: LiveEnvelope): void | Promise<void> {
    if (envelope.after <= this.#cursor) return this.#pass(envelope.message);
    if (this.#held.length < MAX_HELD) this.#held.push(envelope);
  }

  async #release(): Promise<void> {
    const ready = this.#held.filter(({ after }) => after <= this.#cursor);
    if (ready.length === 0) return;
    const waiting = this.#held.filter(({ after }) => after > this.#cursor);
    this.#held.splice(0, this.#held.length, ...waiting);
    for (const { message } of ready) await this.#pass(message);
  }

  /** An event that the stream has lost without another one behind it is noticed when the host tells its state twice. */
  #processState(lastEvent: number): void | Promise<void> {
    const isBehind = this.#reading === undefined ? this.#told > this.#cursor : this.#held.length > 0;
    this.#told = lastEvent;
    if (isBehind) return this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    await this.#fill();
    // Nothing of the sessions that are wanted is missing up to here.
    if (this.#reading === undefined) this.#cursor = Math.max(this.#cursor, this.#told);
    await this.#release();
  }

  /** Asks the host for the events behind the last one. */
  async #fill(): Promise<void> {
    const sessions = this.#sessions;
    for (;;) {
      const params = { after: this.#cursor, ...(sessions === undefined ? {} : { sessions }) };
      const { events, has_more } = await this.call(MISSED, params) as MissedEvents;
      for (const event of events) {
        if (event.id > this.#cursor) await this.#processEvent(event);
      }
      if (!has_more || this.#lost !== undefined) return;
    }
  }

  #pass(message: unknown): void | Promise<void> {
    return this.#options.onNotification(message);
  }
}

interface FollowParams {
  readonly after?: number | undefined;
  readonly sessions?: readonly string[] | undefined;
}

function sessionOf(message: LiveMessage): string {
  if (message.type === "event") return message.event.session;
  return message.type === "session" ? message.session.id : message.session;
}

function isLive(value: unknown): value is LiveEnvelope {
  if (typeof value !== "object" || value === null) return false;
  const { n, after, message } = value as Partial<LiveEnvelope>;
  if (typeof n !== "number" || typeof after !== "number" || typeof message !== "object" || message === null) {
    return false;
  }
  const { type, session } = message as { readonly type?: unknown; readonly session?: unknown };
  if (type === "session") return typeof (session as { readonly id?: unknown } | null)?.id === "string";
  return (type === "delta" || type === "removed") && typeof session === "string";
}
