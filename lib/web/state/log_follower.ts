/**
 * Follows the log of an instance: shows its end as it grows, holds still while somebody reads, and fills what was missed.
 *
 * @module
 */

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { InstanceLog } from "../../remote/types.ts";
import { HubProblem } from "../api/client.ts";
import { appended, EMPTY_TAIL, type LogTail, prepended, startOf, tailOf } from "./log_tail.ts";

/** How much is read at a time, in bytes. */
const PAGE_BYTES = 64 << 10;

/** Where a log comes from. */
export interface LogSource {
  /** Reads a part of the log; without an offset, the end of it. */
  read(part: { readonly offset?: number; readonly bytes: number }): Promise<InstanceLog>;
  /** Listens to lines that are added; returns a function that ends it. */
  listen(listener: (log: InstanceLog) => void): () => void;
  /** Runs work in the next frame. */
  inNextFrame(work: () => void): void;
}

/** Follows a log. */
export class LogFollower {
  /** What is shown; `undefined` before it was read. */
  readonly tail: Signal<LogTail | undefined> = signal(undefined);
  /** Why it could not be read. */
  readonly problem: Signal<string | undefined> = signal(undefined);
  readonly #isPaused = signal(false);
  readonly #behind = signal(0);
  readonly #source: LogSource;
  /** What was added and is not shown yet. */
  #added: InstanceLog[] = [];
  #isScheduled = false;
  #isReading = false;
  #isStopped = true;
  /** How far the log goes, in bytes. */
  #known = 0;

  /** @param source Where the log comes from. */
  constructor(source: LogSource) {
    this.#source = source;
  }

  /** Whether what is added is not shown. */
  get isPaused(): ReadonlySignal<boolean> {
    return this.#isPaused;
  }

  /** How much was added since it was paused, in bytes. */
  get behind(): ReadonlySignal<number> {
    return this.#behind;
  }

  /** Begins; returns a function that ends it. */
  start(): () => void {
    this.#isStopped = false;
    const unlisten = this.#source.listen((log) => {
      this.#known = Math.max(this.#known, log.end);
      this.#added.push(log);
      this.#schedule();
    });
    void this.#showEnd();
    return () => {
      this.#isStopped = true;
      unlisten();
    };
  }

  /** Holds what is shown. */
  pause(): void {
    this.#isPaused.value = true;
  }

  /** Shows the end again. */
  async follow(): Promise<void> {
    this.#isPaused.value = false;
    this.#behind.value = 0;
    this.#added = [];
    if (this.#known > this.#shown.end) await this.#showEnd();
  }

  /** Reads again, as after a lost connection. */
  async reload(): Promise<void> {
    if (!this.#isPaused.peek()) await this.#showEnd();
  }

  /** Shows what comes before. Who asks for it reads: it holds still from then on. */
  async loadOlder(): Promise<void> {
    const tail = this.#shown;
    const start = startOf(tail);
    if (start === 0) return;
    this.pause();
    const offset = Math.max(0, start - PAGE_BYTES);
    const older = await this.#source.read({ offset, bytes: start - offset });
    if (this.tail.peek() === tail) this.tail.value = prepended(tail, older);
  }

  get #shown(): LogTail {
    return this.tail.peek() ?? EMPTY_TAIL;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#source.inNextFrame(() => {
      this.#isScheduled = false;
      this.#apply();
    });
  }

  #apply(): void {
    if (this.#isStopped || this.#isReading) return;
    if (this.#isPaused.peek()) {
      this.#added = [];
      this.#behind.value = this.#known - this.#shown.end;
      return;
    }
    let tail: LogTail | undefined = this.#shown;
    for (const log of this.#added.splice(0)) tail = tail && appended(tail, log);
    if (tail === undefined) return void this.#showEnd();
    this.tail.value = tail;
  }

  /** Reads the end, and what is added meanwhile. */
  async #showEnd(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      const log = await this.#source.read({ bytes: PAGE_BYTES });
      this.#known = Math.max(this.#known, log.end);
      this.#added = this.#added.filter(({ end }) => end > log.end);
      this.tail.value = tailOf(log);
      this.problem.value = undefined;
    } catch (error) {
      if (!(error instanceof HubProblem)) throw error;
      this.problem.value = error.message;
    } finally {
      this.#isReading = false;
    }
    if (this.#added.length > 0) this.#schedule();
  }
}
