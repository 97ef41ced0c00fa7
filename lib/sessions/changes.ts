/**
 * Changes of sessions: each is one transaction of the store. What follows from it, such as messages to followers and
 * bytes to agents, happens after the transaction, so that nothing is told or done that a crash could take back.
 *
 * @module
 */

import type { Store } from "../store/store.ts";
import { StoreError } from "../store/store_error.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import type { Clock } from "../system/clock.ts";
import type { LiveMessage } from "./types.ts";

/** Something that changes in memory and in the store together. */
export interface Changeable {
  /** Stores what has changed; called in the transaction. */
  save(): void;
  /** Undoes what has changed in memory since the change began. */
  undo(): void;
}

/** What changes need. */
export interface ChangesOptions {
  /** The store. */
  readonly store: Store;
  /** The source of time. */
  readonly clock: Clock;
  /** Whether anybody is told; messages that have to be made are made only then. @default {always} */
  readonly isHeard?: () => boolean;
  /** Called with each message, in order, once it is certain. */
  readonly publish: (message: LiveMessage) => void;
  /** Called when the store begins to fail, and with what an effect or `publish` throws. */
  readonly onError: (error: unknown) => void;
}

/** Whether a change may succeed when it is made again. */
export function mayPass(error: unknown): boolean {
  return error instanceof StoreError && error.reason !== "conflict";
}

/** How long to wait before a change is made again that the store could not take, in milliseconds. */
const RETRY_MS = 500;

/** The changes of all sessions of a keeper. */
export class Changes {
  readonly #options: ChangesOptions;
  readonly #waiting = new Set<() => void>();
  #isRunning = false;
  #isFailing = false;
  #isClosed = false;
  #touched = new Set<Changeable>();
  #messages: (LiveMessage | (() => LiveMessage))[] = [];
  #after: (() => void)[] = [];
  /** What is certain and not published yet. */
  readonly #unpublished: LiveMessage[] = [];
  /** How many changes have effects that are being done; an effect may make a change itself. */
  #effecting = 0;
  #isPublishing = false;

  /** Begins without a change. */
  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /**
   * Makes a change. A change within a change belongs to the outer one. Its effects come first, then its messages; those
   * of a change that an effect or a listener makes come after all earlier ones. What an effect or a listener throws is
   * reported, for the change has been made.
   *
   * @throws What the work or the store throws; then nothing has changed.
   */
  run<T>(work: () => T): T {
    if (this.#isRunning) return work();
    this.#isRunning = true;
    let result: T;
    try {
      result = this.#options.store.transaction(() => {
        const result = work();
        for (const one of this.#touched) one.save();
        return result;
      });
    } catch (error) {
      const touched = this.#reset().touched;
      for (const one of touched) one.undo();
      throw error;
    }
    this.#isFailing = false;
    const { messages, after } = this.#reset();
    if (this.#options.isHeard?.() ?? true) {
      for (const message of messages) {
        if (typeof message !== "function") this.#unpublished.push(message);
        else this.#guard(() => void this.#unpublished.push(message()));
      }
    }
    this.#effecting++;
    for (const work of after) this.#guard(work);
    this.#effecting--;
    this.#publishAll();
    return result;
  }

  /**
   * Makes a change that has no caller who could repeat it: while the store cannot take it, as when the disk is full, it
   * is retried. Not to be called within a change.
   *
   * @throws {ClaustrumError} If the changes are closed before.
   */
  async persist(work: () => void): Promise<void> {
    while (!this.#isClosed) {
      try {
        return this.run(work);
      } catch (error) {
        if (!mayPass(error)) throw error;
        this.report(error);
      }
      await this.#pause();
    }
    throw new ClaustrumError("the sessions were closed");
  }

  /** Reports an error of the store: once, until it works again. */
  report(error: unknown): void {
    if (!this.#isFailing) this.#options.onError(error);
    this.#isFailing = true;
  }

  /** Gives up what waits for the store. */
  close(): void {
    this.#isClosed = true;
    for (const wake of this.#waiting) wake();
  }

  /** Has something saved, or undone, with the present change; returns whether that is new. */
  touch(one: Changeable): boolean {
    if (!this.#isRunning) throw new TypeError("Cannot change a session: no change was begun");
    if (this.#touched.has(one)) return false;
    this.#touched.add(one);
    return true;
  }

  /** Publishes a message after the present change; it may be made then, before the effects of the change. */
  publish(message: LiveMessage | (() => LiveMessage)): void {
    this.#messages.push(message);
  }

  /** Does something after the present change. */
  after(work: () => void): void {
    this.#after.push(work);
  }

  #publishAll(): void {
    if (this.#effecting > 0 || this.#isPublishing) return;
    this.#isPublishing = true;
    // Listeners may add messages.
    for (let i = 0; i < this.#unpublished.length; i++) this.#guard(() => this.#options.publish(this.#unpublished[i]!));
    this.#unpublished.length = 0;
    this.#isPublishing = false;
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.onError(error);
    }
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(RETRY_MS, resolve);
    this.#waiting.add(resolve);
    await promise;
    this.#waiting.delete(resolve);
    cancel();
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
