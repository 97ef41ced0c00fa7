/**
 * How far a client has got with the events of the hub and of the hosts that it shows: each counts its own.
 *
 * @module
 */

import type { FollowMessage } from "./hub_client.ts";

/** The ids of the newest events that have arrived. */
export class EventCursors {
  #own: number | undefined;
  readonly #hosts = new Map<string, number>();

  /** @param own The id of the last event of the hub itself that is not wanted. @default {that of the first snapshot} */
  constructor(own?: number) {
    this.#own = own;
  }

  /** Takes a message; returns whether it is news. */
  take(message: FollowMessage): boolean {
    if (message.type === "snapshot") {
      const { host, last_event } = message;
      if (host === undefined) this.#own ??= last_event;
      else if (!this.#hosts.has(host)) this.#hosts.set(host, last_event);
    }
    if (message.type !== "event") return true;
    const { host, id } = message.event;
    const before = host === undefined ? this.#own : this.#hosts.get(host);
    if (id <= (before ?? 0)) return false;
    if (host === undefined) this.#own = id;
    else this.#hosts.set(host, id);
    return true;
  }

  /** Whether events of other hosts have arrived or may arrive. */
  get hasHosts(): boolean {
    return this.#hosts.size > 0;
  }

  /**
   * Returns after which events to go on.
   *
   * @param ownName The name of the hub; while it is unknown, what happened on other hosts is not asked for again.
   */
  after(ownName: string | undefined): number | Readonly<Record<string, number>> | undefined {
    if (this.#own === undefined || this.#hosts.size === 0 || ownName === undefined) return this.#own;
    return { ...Object.fromEntries(this.#hosts), [ownName]: this.#own };
  }

  /** Forgets other hosts: one of them may be another machine now, with events of its own. */
  forgetHosts(): void {
    this.#hosts.clear();
  }

  /** Forgets one host. */
  forgetHost(name: string): void {
    this.#hosts.delete(name);
  }

  /** Forgets everything. */
  forget(): void {
    this.#own = undefined;
    this.#hosts.clear();
  }
}
