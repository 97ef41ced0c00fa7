/**
 * How far a client has got with the events of the hub and of the hosts that it shows: each counts its own.
 *
 * @module
 */

import type { FollowMessage } from "./hub_client.ts";

/** The ids of the newest events that have arrived. */
export class EventCursors {
  #own: number | undefined;
  /** By the name of the host; the hub itself is among them until its name is known. */
  readonly #hosts = new Map<string, number>();

  /**
   * @param after The id of the last event that is not wanted: of the hub itself, or by the name of the host.
   *   @default {those of the first snapshots}
   */
  constructor(after?: number | Readonly<Record<string, number>>) {
    if (typeof after === "number") this.#own = after;
    else if (after !== undefined) { for (const [name, id] of Object.entries(after)) this.#hosts.set(name, id); }
  }

  /** Takes a message; returns whether it is news. */
  take(message: FollowMessage): boolean {
    if (message.type === "snapshot") this.#takeSnapshot(message);
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
    if (ownName === undefined || this.#hosts.size === 0) return this.#own;
    this.#own ??= this.#hosts.get(ownName);
    this.#hosts.delete(ownName);
    if (this.#hosts.size === 0) return this.#own;
    return { ...Object.fromEntries(this.#hosts), ...(this.#own === undefined ? {} : { [ownName]: this.#own }) };
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

  #takeSnapshot({ host, last_event, last_events = {} }: FollowMessage & { readonly type: "snapshot" }): void {
    if (host === undefined) {
      this.#own ??= last_event;
      // What hosts do from here on comes, even if the connection is lost before it begins.
      for (const [name, id] of Object.entries(last_events)) if (!this.#hosts.has(name)) this.#hosts.set(name, id);
      return;
    }
    const before = this.#hosts.get(host);
    // A host with older events than those that have arrived counts anew: it is another machine, or was restored.
    if (before === undefined || last_event < before) this.#hosts.set(host, last_event);
  }
}
