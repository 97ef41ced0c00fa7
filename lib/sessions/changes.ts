/**
 * Changes of sessions: each is one transaction of the store. What follows from it, such as messages to followers and
 * bytes to agents, happens after the transaction, so that nothing is told or done that a crash could take back.
 *
 * @module
 */

import type { Store } from "../store/store.ts";
import type { LiveMessage } from "./types.ts";

/** Something that changes in memory and in the store together. */
export interface Changeable {
  /** Stores what has changed; called in the transaction. */
  save(): void;
  /** Undoes what has changed in memory since the change began. */
  undo(): void;
}

/** The changes of all sessions of a keeper. */
export class Changes {
  readonly #store: Store;
  readonly #publish: (message: LiveMessage) => void;
  #isRunning = false;
  #touched = new Set<Changeable>();
  #messages: LiveMessage[] = [];
  #after: (() => void)[] = [];

  /**
   * @param store The store.
   * @param publish Called with each message, in order, once it is certain.
   */
  constructor(store: Store, publish: (message: LiveMessage) => void) {
    this.#store = store;
    this.#publish = publish;
  }

  /**
   * Makes a change. A change within a change belongs to the outer one.
   *
   * @throws What the work or the store throws; then nothing has changed.
   */
  run<T>(work: () => T): T {
    if (this.#isRunning) return work();
    this.#isRunning = true;
    let result: T;
    try {
      result = this.#store.transaction(() => {
        const result = work();
        for (const one of this.#touched) one.save();
        return result;
      });
    } catch (error) {
      const touched = this.#reset().touched;
      for (const one of touched) one.undo();
      throw error;
    }
    const { messages, after } = this.#reset();
    for (const message of messages) this.#publish(message);
    for (const work of after) work();
    return result;
  }

  /** Has something saved, or undone, with the present change; returns whether that is new. */
  touch(one: Changeable): boolean {
    if (!this.#isRunning) throw new TypeError("Cannot change a session: no change was begun");
    if (this.#touched.has(one)) return false;
    this.#touched.add(one);
    return true;
  }

  /** Publishes a message after the present change. */
  publish(message: LiveMessage): void {
    this.#messages.push(message);
  }

  /** Does something after the present change. */
  after(work: () => void): void {
    this.#after.push(work);
  }

  #reset() {
    const former = { touched: this.#touched, messages: this.#messages, after: this.#after };
    this.#touched = new Set();
    this.#messages = [];
    this.#after = [];
    this.#isRunning = false;
    return former;
  }
}
