/**
 * What people are told of the sessions of other hosts. A host that was away tells all that it has when it is back: only what
 * is new in that is told.
 *
 * @module
 */

import type { Session } from "../../sessions/types.ts";
import type { Clock } from "../../system/clock.ts";
import type { FollowMessage } from "../hub_client.ts";
import { SessionWatch } from "./push_notice.ts";
import type { PushNotice } from "./push_types.ts";

/** What is known of a host. */
interface Watched {
  readonly watch: SessionWatch;
  ids: ReadonlySet<string>;
}

/** Finds out what is worth telling, from what hosts say. */
export class HostWatch {
  readonly #clock: Clock;
  readonly #hosts = new Map<string, Watched>();

  /** @param clock The source of time. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes what a host had when this hub reached it last: that was told then. */
  remember(host: string, sessions: readonly Session[]): void {
    const watch = new SessionWatch({ list: () => sessions }, this.#clock);
    this.#hosts.set(host, { watch, ids: new Set(sessions.map(({ id }) => id)) });
  }

  /** Takes a message of a host; returns what is worth telling. */
  take(host: string, message: FollowMessage): readonly PushNotice[] {
    if (message.type === "notice") return [];
    const known = this.#hosts.get(host);
    if (message.type === "snapshot") return this.#takeAll(host, known, message.sessions);
    if (known === undefined) return [];
    const notice = known.watch.take(message);
    return notice === undefined ? [] : [notice];
  }

  /** Forgets a host. */
  forget(host: string): void {
    this.#hosts.delete(host);
  }

  #takeAll(host: string, known: Watched | undefined, sessions: readonly Session[]): readonly PushNotice[] {
    if (known === undefined) {
      // Who has added the host sees what waits there.
      this.remember(host, sessions);
      return [];
    }
    const ids = new Set(sessions.map(({ id }) => id));
    for (const id of known.ids) if (!ids.has(id)) known.watch.take({ type: "removed", session: id });
    known.ids = ids;
    return sessions.map((session) => known.watch.take({ type: "session", session })).filter((each) =>
      each !== undefined
    );
  }
}
