/**
 * What one follower of this hub gets of the hosts: a snapshot of each, and then every event, once and in order.
 *
 * @module
 */

import type { FollowMessage } from "../hub_client.ts";
import type { FollowerSink } from "../follower_sink.ts";
import type { HostFollowOptions } from "./host_mirror.ts";

/** With more unread output than this, in bytes, no more is read for a follower. */
const MAX_BACKLOG = 1 << 20;

/** The hosts, as followers see them. */
export interface FollowedHosts {
  /** The name of this hub. */
  readonly ownName: string;
  /** The names of the hosts. */
  readonly names: readonly string[];
  /** Returns the host of a session; `undefined` if it is none of a host. */
  hostOf(params: { readonly session_name: string }): string | undefined;
  /** Follows a host. */
  follow(host: string, options: HostFollowOptions): AsyncIterable<FollowMessage>;
  /** The id of the newest event of each host that is up. */
  readonly lastEvents: Readonly<Record<string, number>>;
  /** Notes that a host cannot be followed. */
  noteProblem(name: string, error: unknown): void;
  /** Calls a listener with the name of each host that is added, until the result is disposed of. */
  onAdded(listener: (name: string) => void): Disposable;
}

/** What a follower wants of the hosts. */
export interface HostFollowerOptions {
  /** The hosts. */
  readonly hosts: FollowedHosts;
  /** The id of the last event that is not wanted, by host. @default {the newest} */
  readonly after: Readonly<Record<string, number>>;
  /** The ids of the sessions that are wanted, by host. @default {all of all hosts} */
  readonly sessions?: ReadonlyMap<string, readonly string[]> | undefined;
  /** Where the messages go. */
  readonly sink: FollowerSink;
}

/** See the module comment. */
export class HostFollower implements Disposable {
  readonly #options: HostFollowerOptions;
  readonly #closing = new AbortController();
  readonly #listening: Disposable | undefined;

  /** Follows from now on. */
  constructor(options: HostFollowerOptions) {
    this.#options = options;
    const { hosts, sessions, after } = options;
    for (const name of sessions?.keys() ?? hosts.names) {
      this.#follow(name, Object.hasOwn(after, name) ? after[name] : undefined);
    }
    // One that is added under a former name is another one.
    if (sessions === undefined) this.#listening = hosts.onAdded((name) => this.#follow(name));
  }

  /** Follows nothing any more. */
  [Symbol.dispose](): void {
    this.#listening?.[Symbol.dispose]();
    this.#closing.abort();
  }

  /** A host that cannot be followed is none of the others' business. */
  #follow(name: string, after?: number): void {
    this.#pass(name, after).catch((error) => {
      if (!this.#closing.signal.aborted) this.#options.hosts.noteProblem(name, error);
    });
  }

  async #pass(name: string, after: number | undefined): Promise<void> {
    const { hosts, sessions, sink } = this.#options;
    const { signal } = this.#closing;
    let cursor = after ?? 0;
    for await (const message of hosts.follow(name, { after, sessions: sessions?.get(name), signal })) {
      if (message.type === "delta" && sink.backlog > MAX_BACKLOG) continue;
      while (sink.backlog > MAX_BACKLOG && !signal.aborted) await sink.progress;
      if (signal.aborted) return;
      cursor = cursorAfter(message, cursor);
      sink.send(message.type, JSON.stringify(message), cursor, name);
    }
  }
}

/** Returns up to which event of a host a follower has got everything, with a message. */
function cursorAfter(message: FollowMessage, before: number): number {
  if (message.type === "event") return message.event.id;
  if (message.type !== "snapshot") return before;
  // Events before the snapshot are still to come, unless the host counts anew.
  return before === 0 || message.last_event < before ? message.last_event : before;
}
