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
  /** The id of the newest event of this hub that the follower has got. */
  readonly cursor: () => number;
}

/** See the module comment. */
export class HostFollower implements Disposable {
  readonly #options: HostFollowerOptions;
  readonly #closing = new AbortController();
  readonly #listening: Disposable | undefined;

  /** Follows from now on. */
  constructor(options: HostFollowerOptions) {
    this.#options = options;
    const { hosts, sessions } = options;
    for (const name of sessions?.keys() ?? hosts.names) this.#follow(name);
    if (sessions === undefined) this.#listening = hosts.onAdded((name) => this.#follow(name));
  }

  /** Follows nothing any more. */
  [Symbol.dispose](): void {
    this.#listening?.[Symbol.dispose]();
    this.#closing.abort();
  }

  #follow(name: string): void {
    this.#pass(name).catch((error) => {
      if (!this.#closing.signal.aborted) this.#options.sink.fail(error);
    });
  }

  async #pass(name: string): Promise<void> {
    const { hosts, after, sessions, sink, cursor } = this.#options;
    const { signal } = this.#closing;
    for await (const message of hosts.follow(name, { after: after[name], sessions: sessions?.get(name), signal })) {
      if (message.type === "delta" && sink.backlog > MAX_BACKLOG) continue;
      while (sink.backlog > MAX_BACKLOG && !signal.aborted) await sink.progress;
      if (signal.aborted) return;
      sink.send(message.type, JSON.stringify(message), cursor());
    }
  }
}
