/**
 * Something of the hub that is shown and stays current: it is read, and what is told of it afterwards is taken in. After a
 * lost connection it is read again.
 *
 * @module
 */

import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { NoticeMessage } from "../../hub/hub_client.ts";
import { HubProblem } from "../api/client.ts";
import type { HubState } from "./hub_state.ts";

/** Options of {@linkcode LiveValue}. */
export interface LiveValueOptions<T> {
  /** What is known of the hub. */
  readonly hub: Pick<HubState, "connection" | "topics">;
  /** Reads it. */
  readonly read: () => Promise<T>;
  /** The topics that tell of it. */
  readonly topics: readonly string[];
  /** Returns what it is after a notice; `undefined` if it must be read again. */
  readonly take: (value: T, notice: NoticeMessage) => T | undefined;
  /** How often it is read again, in milliseconds, for what nobody tells. @default {never} */
  readonly everyMs?: number;
  /** Whether somebody looks, for what costs something to find out. @default {always} */
  readonly isLooking?: ReadonlySignal<boolean>;
}

/** Something of the hub that stays current while somebody uses it. What was known before stays until it is read again. */
export class LiveValue<T> {
  /** What is known. */
  readonly value: Signal<T | undefined> = signal(undefined);
  /** Why it could not be read. */
  readonly problem: Signal<string | undefined> = signal(undefined);
  readonly #options: LiveValueOptions<T>;
  #users = 0;
  #end: (() => void) | undefined;
  #reading: Promise<void> | undefined;
  /** What was told while it was being read. */
  #told: NoticeMessage[] = [];
  #isStale = false;

  /** @param options What it is. */
  constructor(options: LiveValueOptions<T>) {
    this.#options = options;
  }

  /** Keeps it current until the returned function is called. */
  open(): () => void {
    if (this.#users++ === 0) this.#end = this.#begin();
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      if (--this.#users === 0) this.#end?.();
    };
  }

  /** Replaces what is known, as after a change that this page has made. */
  put(value: T): void {
    this.value.value = value;
    if (this.#reading !== undefined) this.#isStale = true;
  }

  /** Reads it again. Somebody who asks while it is being read gets what is read after that. */
  async reload(): Promise<void> {
    if (this.#reading !== undefined) {
      this.#isStale = true;
      return await this.#reading;
    }
    this.#reading = this.#readUntilCurrent();
    try {
      await this.#reading;
    } finally {
      this.#reading = undefined;
    }
  }

  #begin(): () => void {
    const { hub, topics, everyMs, isLooking } = this.#options;
    return effect(() => {
      if (hub.connection.value !== "connected" || isLooking?.value === false) return;
      const ends = topics.map((topic) => hub.topics.watch(topic, (notice) => this.#take(notice)));
      void this.reload();
      const timer = everyMs === undefined ? undefined : setInterval(() => void this.reload(), everyMs);
      return () => {
        clearInterval(timer);
        ends.forEach((end) => end());
      };
    });
  }

  #take(notice: NoticeMessage): void {
    if (this.#reading !== undefined) return void this.#told.push(notice);
    if (!this.#apply(notice)) void this.reload();
  }

  /** Returns whether the notice says enough. */
  #apply(notice: NoticeMessage): boolean {
    const before = this.value.peek();
    const after = before === undefined ? undefined : this.#options.take(before, notice);
    if (after !== undefined) this.value.value = after;
    return after !== undefined;
  }

  async #readUntilCurrent(): Promise<void> {
    do {
      this.#isStale = false;
      this.#told = [];
      await this.#read();
    } while (this.#isStale && this.#users > 0);
  }

  async #read(): Promise<void> {
    try {
      const found = await this.#options.read();
      if (this.#isStale) return;
      this.value.value = found;
      this.problem.value = undefined;
      for (const notice of this.#told.splice(0)) {
        if (!this.#apply(notice)) this.#isStale = true;
      }
    } catch (error) {
      if (!(error instanceof HubProblem)) throw error;
      this.problem.value = error.message;
    }
  }
}
