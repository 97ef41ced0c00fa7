/**
 * Does something regularly while somebody watches a topic.
 *
 * @module
 */

import type { Clock } from "../system/clock.ts";
import type { Topics } from "../system/topics.ts";
import type { RemoteNotice } from "./types.ts";

/** Options of {@linkcode WhileWatched}. */
export interface WhileWatchedOptions {
  /** The topic. */
  readonly topic: string;
  /** Says who watches. */
  readonly topics: Pick<Topics<RemoteNotice>, "isWatched" | "onWatch">;
  /** The source of time. */
  readonly clock: Clock;
  /** How long to wait after it was done before it is done again, in milliseconds. */
  readonly intervalMs: number;
  /** What is done: at once when somebody begins to watch, then again and again. Must not fail. */
  readonly work: () => Promise<unknown>;
}

/** See the module comment. */
export class WhileWatched implements Disposable {
  readonly #options: WhileWatchedOptions;
  readonly #watching: Disposable;
  #cancel: (() => void) | undefined;
  #isClosed = false;

  /** Does nothing until somebody watches. */
  constructor(options: WhileWatchedOptions) {
    this.#options = options;
    this.#watching = options.topics.onWatch((topic, isWatched) => {
      if (topic !== options.topic) return;
      if (isWatched) void this.#work();
      else this.#stop();
    });
  }

  /** Whether it was disposed of. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Does nothing any more. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#watching[Symbol.dispose]();
    this.#stop();
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  async #work(): Promise<void> {
    this.#stop();
    const { clock, intervalMs, topic, topics, work } = this.#options;
    await work();
    if (this.#isClosed || !topics.isWatched(topic)) return;
    this.#stop();
    this.#cancel = clock.after(intervalMs, () => void this.#work());
  }
}
