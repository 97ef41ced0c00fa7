/**
 * Live events: what happens in sessions, for any number of followers. Each message is serialised once.
 *
 * A follower first catches up from the store, and then gets what is announced. The store has an event before the event is
 * announced, and nothing is awaited between the last look into the store and the first announcement that counts, so that a
 * follower gets every event once and in order.
 *
 * @module
 */

import { SessionError } from "../sessions/session_error.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { LiveMessage } from "../sessions/types.ts";
import { Topics } from "../system/topics.ts";
import type { Caller } from "./caller.ts";
import { shownMessage } from "./event_size.ts";
import { type FollowedHosts, HostFollower } from "./hosts/host_follower.ts";
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

/** What a follower wants. */
export interface FollowRequest {
  /** The id of the last event that is not wanted: of this hub, or by host. @default {the newest} */
  readonly after?: number | Readonly<Record<string, number>> | undefined;
  /** The sessions, by id or name; those of other hosts by id. @default {all} */
  readonly sessions?: readonly string[] | undefined;
  /** The topics of the notices that are wanted. @default {none} */
  readonly watch?: readonly string[] | undefined;
}

/** What somebody follows, until it is disposed of. */
export interface Following extends Disposable {
  /** Watches other topics instead. */
  watch(topics: readonly string[]): void;
}

/** What happens, for all followers. */
export class LiveFeed implements Disposable {
  readonly #sessions: Sessions;
  readonly #topics: Topics<HubNotice>;
  readonly #hosts: FollowedHosts | undefined;
  readonly #followers = new Set<Follower>();
  #listening: Disposable | undefined;

  /**
   * Listens only while there are followers.
   *
   * @param topics What is told of other things than sessions.
   * @param hosts The other machines that the hub shows.
   */
  constructor(sessions: Sessions, topics: Topics<HubNotice> = new Topics(), hosts?: FollowedHosts) {
    this.#sessions = sessions;
    this.#topics = topics;
    this.#hosts = hosts;
  }

  /**
   * Adds a follower, which gets a snapshot at once, until the result is disposed of.
   *
   * @param caller Who follows.
   * @throws {SessionError} If there is no such session or event.
   */
  follow(request: FollowRequest, sink: FollowerSink, caller: Pick<Caller, "isViewer" | "isHub">): Following {
    const sessions = this.#sessions;
    const { lastEvent } = sessions;
    const { own: after = lastEvent, others } = this.#cursors(request);
    if (after > lastEvent) {
      throw new SessionError("bad_params", `there is no event ${after} yet: the newest one is ${lastEvent}`);
    }
    // Another hub shows what this one has itself: what this one shows of others, that one shows itself if it wants to.
    const hosts = caller.isHub ? undefined : this.#hosts;
    const { own, byHost } = this.#wanted(request, hosts);
    this.#listening ??= sessions.listen((message) => this.#announce(message));
    const follower = new Follower({ sessions, topics: this.#topics, sink, caller }, after, own);
    this.#followers.add(follower);
    follower.start();
    const watched = request.watch ?? [];
    follower.watch(caller.isHub ? watched.filter((topic) => topic !== "hosts") : watched);
    const cursor = () => follower.cursor;
    const onHosts = hosts && new HostFollower({ hosts, after: others, sessions: byHost, sink, cursor });
    return {
      watch: (topics) => follower.watch(topics),
      [Symbol.dispose]: () => {
        onHosts?.[Symbol.dispose]();
        follower.close();
        this.#followers.delete(follower);
        if (this.#followers.size === 0) this[Symbol.dispose]();
      },
    };
  }

  /** Ends all followers. */
  [Symbol.dispose](): void {
    for (const follower of this.#followers) follower.close();
    this.#followers.clear();
    this.#listening?.[Symbol.dispose]();
    this.#listening = undefined;
  }

  #cursors({ after }: FollowRequest): { own: number | undefined; others: Readonly<Record<string, number>> } {
    if (typeof after !== "object") return { own: after, others: {} };
    const ownName = this.#hosts?.ownName;
    return { own: ownName === undefined ? undefined : after[ownName], others: after };
  }

  /** Sorts the sessions that are wanted by their hosts. */
  #wanted(
    { sessions }: FollowRequest,
    hosts: FollowedHosts | undefined,
  ): { own: string[] | undefined; byHost: Map<string, string[]> | undefined } {
    if (sessions === undefined) return { own: undefined, byHost: undefined };
    const own: string[] = [];
    const byHost = new Map<string, string[]>();
    for (const reference of sessions) {
      const host = hosts?.hostOf({ session_name: reference });
      if (host === undefined) own.push(this.#sessions.get(reference).id);
      else byHost.set(host, [...byHost.get(host) ?? [], reference]);
    }
    return { own, byHost };
  }

  #announce(message: LiveMessage): void {
    const announcement = new Announcement(message);
    for (const follower of this.#followers) follower.take(announcement);
  }
}

/** A message that is serialised when the first follower needs it. */
class Announcement {
  readonly message: LiveMessage;
  readonly session: string;
  #json: string | undefined;

  constructor(message: LiveMessage) {
    this.message = message;
    this.session = message.type === "event"
      ? message.event.session
      : message.type === "session"
      ? message.session.id
      : message.session;
  }

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

/** What a follower works with. */
interface FollowerParts {
  readonly sessions: Sessions;
  readonly topics: Topics<HubNotice>;
  readonly sink: FollowerSink;
  readonly caller: Pick<Caller, "isViewer">;
}

class Follower {
  readonly #sessions: Sessions;
  readonly #topics: Topics<HubNotice>;
  #watching: Disposable | undefined;
  readonly #sink: FollowerSink;
  readonly #caller: Pick<Caller, "isViewer">;
  readonly #wanted: ReadonlySet<string> | undefined;
  /** The id of the last event that was sent or is not wanted. */
  #cursor: number;
  #isLive = false;
  #isClosed = false;
  /** The newest state of each session that changed while the past was being sent, or that it was removed. */
  readonly #changed = new Map<string, Announcement>();
  /** The sessions whose message in progress lacks a piece: the rest of it is not sent, so that it never has a hole. */
  readonly #broken = new Set<string>();

  constructor({ sessions, topics, sink, caller }: FollowerParts, after: number, wanted: readonly string[] | undefined) {
    this.#sessions = sessions;
    this.#topics = topics;
    this.#sink = sink;
    this.#caller = caller;
    this.#cursor = after;
    this.#wanted = wanted === undefined ? undefined : new Set(wanted);
  }

  start(): void {
    this.#sendSnapshot();
    this.#catchUp().catch((error) => {
      if (!this.#isClosed) this.#sink.fail(error);
    });
  }

  /** The id of the last event that was sent or is not wanted. */
  get cursor(): number {
    return this.#cursor;
  }

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
    const snapshot = snapshotOf(this.#sessions, (session) => this.#wants(session));
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
