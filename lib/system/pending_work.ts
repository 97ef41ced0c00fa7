/**
 * Work that nobody waits for until the end.
 *
 * @module
 */

/** See the module comment. */
export class PendingWork {
  readonly #onError: (error: unknown) => void;
  readonly #pending = new Set<Promise<void>>();

  /** @param onError Called when work fails. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Adds work. */
  add(work: Promise<unknown>): void {
    const pending = work.then(() => {}, this.#onError).finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  /** Waits until all work that there is now has ended, with or without success. */
  async finished(): Promise<void> {
    await Promise.all(this.#pending);
  }
}
