/**
 * Searches a store for the best matches: in a worker, for they are found only once all matches have been looked at.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { type Clock, systemClock } from "../system/clock.ts";
import { IN_MEMORY } from "./database.ts";
import type { FoundEvent, SearchOptions } from "./event_types.ts";
import type { RankReply, RankRequest } from "./rank_worker.ts";
import type { Store } from "./store.ts";

/** How long a search looks for matches, in milliseconds; the oldest events are left out then. */
const SEARCH_MS = 3_000;
/** How long it may take in all, in milliseconds: the search of one part of the index cannot be stopped. */
const GIVE_UP_MS = 30_000;
/** How many searches may wait while one runs. */
const MAX_WAITING = 8;
/** The name of the worker, by which a bundle of one file tells what the worker does. */
const WORKER_NAME = "rank";

/** The best matches cannot be searched for now. */
export class RankedSearchError extends ClaustrumError {}

/** See the module comment. One search runs at a time. */
export class RankedSearch implements Disposable {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  /** How many searches run or wait. */
  #open = 0;
  /** Settles when the last search is over. */
  #last: Promise<void> = Promise.resolve();

  /** @param store What is searched. */
  constructor(store: Store, clock: Clock = systemClock) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Returns the events that match best, the best first.
   *
   * @throws {RankedSearchError} If too many searches wait, or it takes too long.
   */
  async search(options: SearchOptions): Promise<readonly FoundEvent[]> {
    if (this.#open > MAX_WAITING) throw new RankedSearchError("too many searches at once: try again in a moment");
    this.#open++;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = over;
    try {
      await before;
      return await this.#search(options);
    } finally {
      this.#open--;
      resolve();
    }
  }

  /** Stops the running search and those that wait. */
  [Symbol.dispose](): void {
    this.#stop.abort(new RankedSearchError("the search was stopped"));
  }

  #search(options: SearchOptions): readonly FoundEvent[] | Promise<readonly FoundEvent[]> {
    const { path, events } = this.#store;
    this.#stop.signal.throwIfAborted();
    events.index();
    // No worker can reach what is in the memory of this program.
    if (path === IN_MEMORY) return events.searchBest(options, this.#deadline());
    return this.#searchInWorker({ ...options, path, ms: SEARCH_MS });
  }

  #deadline(): () => boolean {
    const end = this.#clock.elapsed() + SEARCH_MS;
    return () => this.#clock.elapsed() >= end;
  }

  async #searchInWorker(request: RankRequest): Promise<readonly FoundEvent[]> {
    const { signal } = this.#stop;
    const { promise, resolve, reject } = Promise.withResolvers<RankReply>();
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    const giveUp = () =>
      reject(new RankedSearchError("the search takes too long: use more words, or search without rank"));
    const cancel = this.#clock.after(GIVE_UP_MS, giveUp);
    const options = { type: "module", name: WORKER_NAME } as const;
    const worker = new Worker(new URL("./rank_worker_main.ts", import.meta.url), options);
    worker.onmessage = ({ data }: MessageEvent<RankReply>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`search worker failed: ${event.message}`));
    };
    try {
      worker.postMessage(request);
      const reply = await promise;
      if ("problem" in reply) throw new RankedSearchError(reply.problem);
      return reply.found;
    } finally {
      signal.removeEventListener("abort", stop);
      cancel();
      worker.terminate();
    }
  }
}
