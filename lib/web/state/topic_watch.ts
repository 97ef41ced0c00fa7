/**
 * The topics that the page watches: what belongs to no session is told only to those who ask for it.
 *
 * @module
 */

import type { NoticeMessage } from "../../hub/hub_client.ts";

/** Called with what is told of a topic. */
export type NoticeListener = (notice: NoticeMessage) => void;

/** The topics that parts of the page watch. */
export class TopicWatch {
  readonly #listeners = new Map<string, Set<NoticeListener>>();
  readonly #onChange: (topics: readonly string[]) => void;
  #isTold = true;

  /** @param onChange Called with all topics when others are watched. */
  constructor(onChange: (topics: readonly string[]) => void) {
    this.#onChange = onChange;
  }

  /** Watches a topic; returns a function that ends it. */
  watch(topic: string, listener: NoticeListener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    if (listeners.size === 1) this.#tellSoon();
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      this.#listeners.delete(topic);
      this.#tellSoon();
    };
  }

  /** Hands on what is told of a topic. */
  take(notice: NoticeMessage): void {
    for (const listener of [...this.#listeners.get(notice.topic) ?? []]) listener(notice);
  }

  /** One page makes room for another in one go: the hub is told once. */
  #tellSoon(): void {
    if (!this.#isTold) return;
    this.#isTold = false;
    queueMicrotask(() => {
      this.#isTold = true;
      this.#onChange([...this.#listeners.keys()]);
    });
  }
}
