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
import { type FollowedHosts, HostFollower } from "./hosts/host_follower.ts";
import type { FollowerSink } from "./follower_sink.ts";
import type { HubNotice } from "./hub_client.ts";
import { Announcement, Follower } from "./live_follower.ts";

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
    const lastEvents = hosts === undefined ? {} : hosts.lastEvents;
    const parts = { sessions, topics: this.#topics, sink, caller, lastEvents: this.#lastEvents(hosts, lastEvents) };
    const follower = new Follower(parts, after, own);
    this.#followers.add(follower);
    follower.start();
    const watched = request.watch ?? [];
    follower.watch(caller.isHub ? watched.filter((topic) => topic !== "hosts") : watched);
    // What a host does after what the follower is told here comes, too.
    const from = { ...lastEvents, ...others };
    const onHosts = hosts && new HostFollower({ hosts, after: from, sessions: byHost, sink });
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

  /** The name of this hub; `undefined` if it shows no others. */
  get ownName(): string | undefined {
    return this.#hosts?.ownName;
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
    const { ownName } = this;
    const isNamed = ownName !== undefined && Object.hasOwn(after, ownName);
    return { own: isNamed ? after[ownName] : undefined, others: after };
  }

  /** What is told of the newest events, on a hub that shows others. */
  #lastEvents(
    hosts: FollowedHosts | undefined,
    lastEvents: Readonly<Record<string, number>>,
  ): Readonly<Record<string, number>> | undefined {
    if (hosts === undefined || hosts.names.length === 0) return undefined;
    return { ...lastEvents, [hosts.ownName]: this.#sessions.lastEvent };
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
