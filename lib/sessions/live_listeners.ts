/**
 * Those who are told what happens in sessions.
 *
 * @module
 */

import type { LiveMessage } from "./types.ts";

/** See the module comment. */
export class LiveListeners {
  readonly #listeners = new Set<(message: LiveMessage) => void>();
  readonly #onError: (error: unknown) => void;

  /** @param onError Called with what a listener throws. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Whether anybody is told. */
  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  /** Adds one, until the result is disposed of. */
  add(listener: (message: LiveMessage) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Tells all of them. */
  publish(message: LiveMessage): void {
    for (const listener of this.#listeners) {
      try {
        listener(message);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  /** Tells nobody any more. */
  clear(): void {
    this.#listeners.clear();
  }
}
