/**
 * Publishes the events of this hub, each at least once and in order. The table of events is the outbox: only how far it
 * has come is stored. A reader tells by the id whether it has an event already.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { SessionEvent } from "../../sessions/types.ts";
import type { Clock } from "../../system/clock.ts";
import { eventSubject } from "./subjects.ts";
import { partHeader, splitParts } from "./parts.ts";

/** How many messages may be under way. */
const MAX_IN_FLIGHT = 256;
/** How many bytes may be under way; one event may exceed it alone. */
const MAX_IN_FLIGHT_BYTES = 8 << 20;
/** A larger event is published with the size in place of its payload, in bytes. */
const MAX_EVENT_BYTES = 16 << 20;
/** How often the cursor is stored at most, in milliseconds: what was published since is published again after a crash. */
const STORE_MS = 200;

/** A message as it is published. */
export interface OutgoingEvent {
  /** Its subject. */
  readonly subject: string;
  /** A part of the event's JSON, or all of it. */
  readonly data: Uint8Array;
  /** Under which the server tells that it has the message already. */
  readonly id: string;
  /** The header that says which part it is; `undefined` for a whole event. */
  readonly part: string | undefined;
}

/** Options of {@linkcode Outbox}. */
export interface OutboxOptions {
  /** The name of the host. */
  readonly host: string;
  /** Tells the hub from others of that name, and from itself before it was restored. */
  readonly hub: string;
  /** Returns the events after one, the oldest first. */
  readonly eventsAfter: (after: number, limit: number) => readonly SessionEvent[];
  /** The id of the last event that was acknowledged before. */
  readonly cursor: number;
  /** Stores the id of the last event that was acknowledged. */
  readonly store: (cursor: number) => void;
  /** Publishes a message; settles when it is acknowledged. */
  readonly publish: (message: OutgoingEvent) => Promise<void>;
  /** The source of time. */
  readonly clock: Clock;
}

interface InFlight {
  readonly event: number;
  readonly messages: number;
  readonly bytes: number;
  isDone: boolean;
}

/** See the module comment. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #inFlight: InFlight[] = [];
  #messages = 0;
  #bytes = 0;
  #acknowledged: number;
  #stored: number;
  #cancelStore: (() => void) | undefined;
  #failure: unknown;
  #hasFailed = false;
  /** Whether there may be events that were not read yet. */
  #hasMore = true;
  #progress = Promise.withResolvers<void>();

  /** Begins when it is run. */
  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#acknowledged = this.#stored = options.cursor;
  }

  /** The id of the last event that was acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Says that there are more events. */
  wake(): void {
    this.#hasMore = true;
    this.#progress.resolve();
  }

  /**
   * Publishes what there is and what comes, until it is aborted. To be called once.
   *
   * @throws What `publish` throws. What was not acknowledged then has to be published again by another outbox.
   */
  async run(signal: AbortSignal): Promise<void> {
    const wake = () => this.wake();
    signal.addEventListener("abort", wake, { once: true });
    try {
      await this.#publishAll(signal);
    } finally {
      signal.removeEventListener("abort", wake);
      this.#cancelStore?.();
      this.#store();
    }
  }

  async #publishAll(signal: AbortSignal): Promise<void> {
    let next = this.#acknowledged;
    while (!signal.aborted) {
      if (!this.#hasMore || !this.#hasRoom()) {
        await this.#nextProgress();
      } else {
        this.#hasMore = false;
        const events = this.#options.eventsAfter(next, MAX_IN_FLIGHT);
        for (const event of events) {
          while (!this.#hasRoom() && !signal.aborted && !this.#hasFailed) await this.#nextProgress();
          if (signal.aborted || this.#hasFailed) break;
          this.#send(event);
          next = event.id;
        }
        // A page may be shorter than its limit.
        if (events.length > 0) this.#hasMore = true;
      }
      if (this.#hasFailed) throw this.#failure;
    }
  }

  /** There is one that waits; what has happened before it waits counts. */
  async #nextProgress(): Promise<void> {
    await this.#progress.promise;
    this.#progress = Promise.withResolvers();
  }

  #hasRoom(): boolean {
    return this.#messages < MAX_IN_FLIGHT && this.#bytes < MAX_IN_FLIGHT_BYTES;
  }

  #send(event: SessionEvent): void {
    const { host, hub, publish } = this.#options;
    const data = encodeEvent(event);
    const parts = splitParts(data);
    const entry = { event: event.id, messages: parts.length, bytes: data.length, isDone: false };
    this.#inFlight.push(entry);
    this.#messages += entry.messages;
    this.#bytes += entry.bytes;
    const subject = eventSubject(host, event.session);
    const id = eventMessageId(host, hub, event.id);
    const isWhole = parts.length === 1;
    const sent = parts.map((part, index) =>
      publish({
        subject,
        data: part,
        id: isWhole ? id : `${id}.${index}`,
        part: isWhole ? undefined : partHeader(String(event.id), index, parts.length),
      })
    );
    Promise.all(sent).then(() => this.#acknowledge(entry), (error) => this.#fail(error));
  }

  #acknowledge(entry: InFlight): void {
    entry.isDone = true;
    this.#messages -= entry.messages;
    this.#bytes -= entry.bytes;
    // Nothing counts that comes after something that may be lost.
    if (this.#hasFailed) return;
    while (this.#inFlight[0]?.isDone) this.#acknowledged = this.#inFlight.shift()!.event;
    this.#cancelStore ??= this.#options.clock.after(STORE_MS, () => {
      this.#cancelStore = undefined;
      this.#store();
    });
    this.#progress.resolve();
  }

  #fail(error: unknown): void {
    if (!this.#hasFailed) this.#failure = error;
    this.#hasFailed = true;
    this.#progress.resolve();
  }

  #store(): void {
    if (this.#stored === this.#acknowledged) return;
    this.#stored = this.#acknowledged;
    this.#options.store(this.#acknowledged);
  }
}

/** Returns under which id an event is published. */
function eventMessageId(host: string, hub: string, event: number): string {
  return `${host}.${hub}.${event}`;
}

function encodeEvent(event: SessionEvent): Uint8Array {
  const text = JSON.stringify(event);
  if (text.length <= MAX_EVENT_BYTES) {
    const data = Buffer.from(text);
    if (data.length <= MAX_EVENT_BYTES) return data;
  }
  const truncated = Buffer.byteLength(JSON.stringify(event.payload));
  return Buffer.from(JSON.stringify({ ...event, payload: { truncated } }));
}
