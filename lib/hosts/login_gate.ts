/**
 * Bounds how many logins are in progress at a time: servers drop connections when too many come at once.
 *
 * @module
 */

import { abortable } from "../client/abortable.ts";

/** Lets a number of logins pass at a time. */
export class LoginGate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param most How many logins may be in progress at a time. */
  constructor(most = 3) {
    this.#free = most;
  }

  /**
   * Waits for a turn, which lasts until the result is disposed of.
   *
   * @throws The signal's reason.
   */
  async enter(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    let isOver = false;
    return {
      [Symbol.dispose]: () => {
        if (!isOver) this.#leave();
        isOver = true;
      },
    };
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    try {
      await abortable(promise, signal);
    } catch (error) {
      const at = this.#waiting.indexOf(resolve);
      // The turn that came in the same moment goes to the next one.
      if (at >= 0) this.#waiting.splice(at, 1);
      else this.#leave();
      throw error;
    }
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
