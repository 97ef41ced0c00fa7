/**
 * Limits how often a browser is told something: a phone that rings all the time is switched off.
 *
 * @module
 */

import type { Clock } from "../../system/clock.ts";

/** How many messages a browser gets at most within {@linkcode WINDOW_MS}. */
const MAX_MESSAGES = 6;
const WINDOW_MS = 60_000;

/** Counts the messages of each browser. */
export class PushLimit {
  readonly #clock: Clock;
  readonly #times = new Map<string, readonly number[]>();

  /** @param clock The source of time. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Whether a browser may get a message now, which counts from then on.
   *
   * @param endpoint The browser, or what is counted for itself of it.
   */
  take(endpoint: string): boolean {
    const now = this.#clock.elapsed();
    this.#forget(now - WINDOW_MS);
    const times = this.#times.get(endpoint) ?? [];
    if (times.length >= MAX_MESSAGES) return false;
    this.#times.set(endpoint, [...times, now]);
    return true;
  }

  #forget(before: number): void {
    for (const [endpoint, times] of this.#times) {
      const left = times.filter((at) => at > before);
      if (left.length === 0) this.#times.delete(endpoint);
      else if (left.length < times.length) this.#times.set(endpoint, left);
    }
  }
}
