/**
 * Decides when to store what agents have printed: at once after a pause, and every few milliseconds under load.
 *
 * @module
 */

import type { Clock } from "../system/clock.ts";

/** The shortest time between two flushes, in milliseconds. */
const INTERVAL_MS = 4;
/** How long to wait after a flush that failed, in milliseconds. */
const RETRY_MS = 500;

/** See the module comment. */
export class Flusher {
  readonly #flush: () => boolean;
  readonly #clock: Clock;
  #last = -Infinity;
  #cancel: (() => void) | undefined;
  #isDue = false;
  #isRunning = false;
  /** Whether another flush was asked for during the present one. */
  #isWanted = false;
  #isClosed = false;

  /**
   * @param flush Stores everything; returns whether it succeeded.
   * @param clock The source of time.
   */
  constructor(flush: () => boolean, clock: Clock) {
    this.#flush = flush;
    this.#clock = clock;
  }

  /** Flushes soon. */
  schedule(): void {
    if (this.#isDue || this.#isClosed) return;
    // The next one comes a while after this one, so that what was published is sent meanwhile.
    if (this.#isRunning) return void (this.#isWanted = true);
    this.#isDue = true;
    const wait = this.#last + INTERVAL_MS - performance.now();
    if (wait <= 0) return queueMicrotask(() => this.#run());
    this.#cancel = this.#clock.after(Math.ceil(wait), () => this.#run());
  }

  /** Flushes now. */
  now(): void {
    this.#cancel?.();
    this.#isDue = true;
    this.#run();
  }

  /** Flushes for the last time. */
  close(): void {
    if (this.#isClosed) return;
    this.now();
    this.#isClosed = true;
    this.#cancel?.();
  }

  #run(): void {
    if (!this.#isDue || this.#isClosed) return;
    this.#isDue = false;
    this.#cancel = undefined;
    this.#isRunning = true;
    const isDone = this.#flush();
    this.#isRunning = false;
    this.#last = performance.now();
    if (this.#isClosed) return;
    if (isDone) {
      const isWanted = this.#isWanted;
      this.#isWanted = false;
      return isWanted ? this.schedule() : undefined;
    }
    this.#isDue = true;
    this.#cancel = this.#clock.after(RETRY_MS, () => this.#run());
  }
}
