/**
 * The output of one connection: lines are queued, and what was queued in one turn of the event loop is written together.
 *
 * @module
 */

import type { ByteSink } from "../system/io.ts";

/** The most bytes of one write, so that progress is noticed. */
const WRITE_BYTES = 256 << 10;
const ENCODER = new TextEncoder();

/** The output of one connection. */
export class ConnectionOutput {
  readonly #sink: ByteSink;
  readonly #onFailure: (error: unknown) => void;
  #queued = "";
  /** How many bytes are encoded and not written yet. */
  #unwritten = 0;
  #isWriting = false;
  #isClosed = false;
  #progress = Promise.withResolvers<void>();

  /**
   * @param sink What is written to.
   * @param onFailure Called once, when a write has failed and everything that was queued has been dropped.
   */
  constructor(sink: ByteSink, onFailure: (error: unknown) => void) {
    this.#sink = sink;
    this.#onFailure = onFailure;
  }

  /** About how much output is not written yet, in bytes. */
  get backlog(): number {
    return this.#queued.length + this.#unwritten;
  }

  /** Settles when more has been written, or when nothing is written any more. */
  get progress(): Promise<void> {
    return this.#progress.promise;
  }

  /** Whether nothing is written any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Queues lines, each with its newline. */
  send(lines: string): void {
    if (this.#isClosed || lines === "") return;
    this.#queued += lines;
    if (this.#isWriting) return;
    this.#isWriting = true;
    queueMicrotask(() => void this.#writeAll());
  }

  /** Drops the queued lines of which nothing has been written. */
  dropQueued(): void {
    this.#queued = "";
  }

  /** Settles when everything is written, or cannot be written any more. */
  async finish(): Promise<void> {
    while (this.#isWriting && !this.#isClosed) await this.#progress.promise;
  }

  /** Drops everything. */
  close(): void {
    this.#isClosed = true;
    this.#queued = "";
    this.#noteProgress();
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#queued !== "") {
        const bytes = ENCODER.encode(this.#queued);
        this.#queued = "";
        this.#unwritten = bytes.length;
        for (let done = 0; done < bytes.length && !this.#isClosed;) {
          const written = await this.#sink.write(bytes.subarray(done, done + WRITE_BYTES));
          done += written;
          this.#unwritten -= written;
          if (this.#queued !== "" || done < bytes.length) this.#noteProgress();
        }
      }
    } catch (error) {
      if (this.#isClosed) return;
      this.close();
      this.#onFailure(error);
    } finally {
      this.#isWriting = false;
      this.#unwritten = 0;
      this.#noteProgress();
    }
  }

  #noteProgress(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }
}
