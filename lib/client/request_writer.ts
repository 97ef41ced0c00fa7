/**
 * Writes the requests of a connection.
 *
 * @module
 */

import { type ByteSink, writeAll } from "../system/io.ts";

const ENCODER = new TextEncoder();

/** Writes lines. All lines of one turn of the event loop are sent in one write. */
export class RequestWriter {
  readonly #sink: ByteSink;
  readonly #onFailure: (error: unknown) => void;
  #queued = "";
  #isWriting = false;
  #isClosed = false;

  /**
   * Creates a writer.
   *
   * @param sink The connection.
   * @param onFailure Called when a write fails.
   */
  constructor(sink: ByteSink, onFailure: (error: unknown) => void) {
    this.#sink = sink;
    this.#onFailure = onFailure;
  }

  /** Queues a line, which ends with a newline. */
  send(line: string): void {
    this.#queued += line;
    if (this.#isWriting) return;
    this.#isWriting = true;
    queueMicrotask(() => void this.#writeAll());
  }

  /** Writes no more. */
  close(): void {
    this.#isClosed = true;
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#queued !== "" && !this.#isClosed) {
        const bytes = ENCODER.encode(this.#queued);
        this.#queued = "";
        await writeAll(this.#sink, bytes);
      }
    } catch (error) {
      this.#onFailure(error);
    } finally {
      this.#isWriting = false;
    }
  }
}
