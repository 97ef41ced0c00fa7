/**
 * Those who listen to other hubs over one connection to NATS.
 *
 * @module
 */

import type { HostListener } from "./nats_connection.ts";

/** See the module comment. Hosts are named as in subjects. */
export class HostListeners {
  readonly #byHost = new Map<string, Set<HostListener>>();

  /** Adds a listener of a host, until the result is disposed of. */
  add(host: string, listener: HostListener): Disposable {
    const listeners = this.#byHost.get(host) ?? new Set();
    this.#byHost.set(host, listeners.add(listener));
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#byHost.get(host) === listeners) this.#byHost.delete(host);
      },
    };
  }

  /** Whether anybody listens to a host. */
  has(host: string): boolean {
    return this.#byHost.has(host);
  }

  /** Returns the listeners of a host: those of now, whatever they do. */
  of(host: string): HostListener[] {
    return [...this.#byHost.get(host) ?? []];
  }

  /** Returns the listeners of all hosts. */
  all(): HostListener[] {
    return [...this.#byHost.values()].flatMap((listeners) => [...listeners]);
  }
}
