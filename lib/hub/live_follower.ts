/**
 * One follower of the live events: it catches up from the store, and then gets what is announced. One that reads too
 * slowly gets less, and is cut off in the end.
 *
 * @module
 */

import type { Sessions } from "../sessions/sessions.ts";
import type { LiveMessage } from "../sessions/types.ts";
import type { Topics } from "../system/topics.ts";
import type { Caller } from "./caller.ts";
import { shownMessage } from "./event_size.ts";
import type { FollowerSink } from "./follower_sink.ts";
import type { HubNotice, NoticeMessage } from "./hub_client.ts";
import { snapshotOf } from "./snapshot.ts";
import { shownNotice } from "./viewer_view.ts";

/** With more unread output than this, in bytes, a follower gets no more partial messages. */
const MAX_DELTA_BACKLOG = 1 << 20;
/** With more unread output than this, in bytes, a follower is cut off. */
const MAX_BACKLOG = 4 << 20;
/** With more unread output than this, in bytes, no more of the past is read for a follower. */
const MAX_CATCH_UP_BACKLOG = 1 << 20;
/** How many events of the past are read at once. */
const CATCH_UP_EVENTS = 256;
/** The types of events after which a partial message begins anew. */
const BLOCK_ENDS: ReadonlySet<string> = new Set(["assistant", "result", "status"]);

/** A message that is serialised when the first follower needs it. */
export class Announcement {
  /** The message. */
  readonly message: LiveMessage;
  /** The id of its session. */
  readonly session: string;
  #json: string | undefined;

  /** Serialises nothing yet. */
  constructor(message: LiveMessage) {
    this.message = message;
    this.session = message.type === "event"
      ? message.event.session
      : message.type === "session"
      ? message.session.id
      : message.session;
  }

  /** The message as the page and other clients get it. */
  get json(): string {
    this.#json ??= encode(this.message);
    return this.#json;
  }
}

function encode(message: LiveMessage): string {
  return JSON.stringify(shownMessage(message));
}

/** Whether a client that reads too slowly can do without a notice: the next one tells what it has missed. */
function isDispensable({ topic }: HubNotice): boolean {
  return topic === "metrics" || topic.startsWith("log:");
}

/** What a {@linkcode Follower} works with. */
export interface FollowerParts {
  /** The sessions. */
  readonly sessions: Sessions;
  /** What is told of other things than sessions. */
  readonly topics: Topics<HubNotice>;
  /** Where the messages go. */
  readonly sink: FollowerSink;
  /** Who follows. */
  readonly caller: Pick<Caller, "isViewer">;
  /** The id of the newest event by host; `undefined` if the hub shows no others. */
  readonly lastEvents: Readonly<Record<string, number>> | undefined;
}

/** See the module comment. */
export class Follower {
  readonly #sessions: Sessions;
  readonly #topics: Topics<HubNotice>;
  #watching: Disposable | undefined;
  readonly #sink: FollowerSink;
  readonly #caller: Pick<Caller, "isViewer">;
  readonly #lastEvents: FollowerParts["lastEvents"];
  readonly #wanted: ReadonlySet<string> | undefined;
  /** The id of the last event that was sent or is not wanted. */
  #cursor: number;
  #isLive = false;
  #isClosed = false;
  /** The newest state of each session that changed while the past was being sent, or that it was removed. */
  readonly #changed = new Map<string, Announcement>();
  /** The sessions whose message in progress lacks a piece: the rest of it is not sent, so that it never has a hole. */
  readonly #broken = new Set<string>();

  /**
   * Sends nothing until it is started.
   *
   * @param after The id of the last event that is not wanted.
   * @param wanted The ids of the sessions that are wanted; `undefined` for all.
   */
  constructor(parts: FollowerParts, after: number, wanted: readonly string[] | undefined) {
    const { sessions, topics, sink, caller, lastEvents } = parts;
    this.#lastEvents = lastEvents;
    this.#sessions = sessions;
    this.#topics = topics;
    this.#sink = sink;
    this.#caller = caller;
    this.#cursor = after;
    this.#wanted = wanted === undefined ? undefined : new Set(wanted);
  }

  /** Sends a snapshot, and begins to send what it has missed. */
  start(): void {
    this.#sendSnapshot();
    this.#catchUp().catch((error) => {
      if (!this.#isClosed) this.#sink.fail(error);
    });
  }

  /** Sends nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.watch([]);
  }

  /** Watches topics instead of those before. */
  watch(topics: readonly string[]): void {
    const before = this.#watching;
    this.#watching = this.#isClosed ? undefined : this.#topics.watch(topics, (notice) => this.#tell(notice));
    before?.[Symbol.dispose]();
  }

  #tell(notice: HubNotice): void {
    const { backlog } = this.#sink;
    if (this.#isClosed || backlog > MAX_DELTA_BACKLOG && isDispensable(notice)) return;
    if (backlog > MAX_BACKLOG) {
      this.close();
      return this.#sink.cutOff();
    }
    const message: NoticeMessage = { type: "notice", ...shownNotice(notice, this.#caller) };
    this.#sink.send("notice", JSON.stringify(message), this.#cursor);
  }

  /** Takes what has just happened. */
  take(announcement: Announcement): void {
    if (this.#isClosed || !this.#wants(announcement.session)) return;
    const { message, session } = announcement;
    if (message.type === "event" && BLOCK_ENDS.has(message.event.type)) this.#broken.delete(session);
    if (message.type === "delta" && !this.#mayPassDelta(session)) return;
    if (!this.#isLive) {
      // The events are in the store, and the snapshot contains the beginning of the partial message.
      if (message.type === "session" || message.type === "removed") this.#changed.set(session, announcement);
      return;
    }
    if (message.type === "event") {
      if (message.event.id <= this.#cursor) return;
      this.#cursor = message.event.id;
    }
    this.#sendLive(announcement);
  }

  /** Whether a partial message reaches the follower; one that does not keeps back what follows it. */
  #mayPassDelta(session: string): boolean {
    if (!this.#isLive || this.#sink.backlog > MAX_DELTA_BACKLOG) this.#broken.add(session);
    return !this.#broken.has(session);
  }

  #wants(session: string): boolean {
    return this.#wanted?.has(session) ?? true;
  }

  #sendLive(announcement: Announcement): void {
    if (this.#sink.backlog > MAX_BACKLOG) {
      this.close();
      return this.#sink.cutOff();
    }
    this.#sink.send(announcement.message.type, announcement.json, this.#cursor);
  }

  #sendSnapshot(): void {
    const told = this.#lastEvents === undefined ? {} : { last_events: this.#lastEvents };
    const snapshot = { ...snapshotOf(this.#sessions, (session) => this.#wants(session)), ...told };
    this.#sink.send("snapshot", JSON.stringify(snapshot), this.#cursor);
  }

  /** Nothing may be awaited between the read that finds no event and `#isLive = true`. */
  async #catchUp(): Promise<void> {
    const options = { limit: CATCH_UP_EVENTS, sessions: this.#wanted && [...this.#wanted] };
    for (;;) {
      while (this.#sink.backlog > MAX_CATCH_UP_BACKLOG && !this.#isClosed) await this.#sink.progress;
      if (this.#isClosed) return;
      const events = this.#sessions.eventsAfter(this.#cursor, options);
      if (events.length === 0) break;
      for (const event of events) {
        this.#cursor = event.id;
        this.#sink.send("event", encode({ type: "event", event }), event.id);
      }
    }
    this.#isLive = true;
    for (const announcement of this.#changed.values()) this.#sendLive(announcement);
    this.#changed.clear();
  }
}
