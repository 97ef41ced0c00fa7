/**
 * Tells how it goes with the hosts in NATS.
 *
 * @module
 */

import type { LineState } from "../../hosts/types.ts";

/** See the module comment. */
export class LineStates {
  readonly #stateOf: (host: string) => LineState;
  readonly #listeners = new Map<string, Set<(state: LineState) => void>>();
  /** What was told last of each host. */
  readonly #told = new Map<string, string>();

  /** @param stateOf Returns how it goes with a host now. */
  constructor(stateOf: (host: string) => LineState) {
    this.#stateOf = stateOf;
  }

  /** Calls a listener when it goes otherwise with a host, until the result is disposed of. */
  listen(host: string, listener: (state: LineState) => void): Disposable {
    const listeners = this.#listeners.get(host) ?? new Set();
    this.#listeners.set(host, listeners.add(listener));
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  }

  /** Tells how it goes with a host, if it goes otherwise. */
  tell(host: string): void {
    const state = this.#stateOf(host);
    const text = `${state.status} ${state.reason}`;
    if (this.#told.get(host) === text) return;
    this.#told.set(host, text);
    for (const listener of [...this.#listeners.get(host) ?? []]) listener(state);
  }

  /** Tells it of all hosts that somebody listens to. */
  tellAll(): void {
    for (const host of this.#listeners.keys()) this.tell(host);
  }
}
