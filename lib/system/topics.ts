/** Something that is told to whoever watches a topic. */
export interface Notice {
  /** What it is about. */
  readonly topic: string;
}

/** Tells what is going on about topics, to those who watch them. Nothing is kept for those who come later. */
export class Topics<N extends Notice = Notice> {
  readonly #watchers = new Map<string, Set<(notice: N) => void>>();
  readonly #listeners = new Set<(topic: string, isWatched: boolean) => void>();

  /** Whether somebody watches a topic. */
  isWatched(topic: string): boolean {
    return this.#watchers.has(topic);
  }

  /** Calls a watcher with the notices about topics, until the result is disposed of. */
  watch(topics: readonly string[], watcher: (notice: N) => void): Disposable {
    const mine = [...new Set(topics)];
    for (const topic of mine) this.#add(topic, watcher);
    return { [Symbol.dispose]: () => mine.splice(0).forEach((topic) => this.#remove(topic, watcher)) };
  }

  /** Tells those who watch the topic of a notice. */
  publish(notice: N): void {
    for (const watcher of [...this.#watchers.get(notice.topic) ?? []]) watcher(notice);
  }

  /** Calls a listener when a topic gets its first watcher, and when it has lost its last one, until disposed of. */
  onWatch(listener: (topic: string, isWatched: boolean) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #add(topic: string, watcher: (notice: N) => void): void {
    const watchers = this.#watchers.get(topic);
    if (watchers !== undefined) return void watchers.add(watcher);
    this.#watchers.set(topic, new Set([watcher]));
    for (const listener of this.#listeners) listener(topic, true);
  }

  #remove(topic: string, watcher: (notice: N) => void): void {
    const watchers = this.#watchers.get(topic);
    if (watchers === undefined || !watchers.delete(watcher) || watchers.size > 0) return;
    this.#watchers.delete(topic);
    for (const listener of this.#listeners) listener(topic, false);
  }
}
