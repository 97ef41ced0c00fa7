/**
 * One output stream of a process, buffered between the connection and the reader.
 *
 * @module
 */

import { ByteQueue } from "./byte_queue.ts";

/** The number of buffered bytes from which on the process is paused, or unread output is dropped. */
const STREAM_BYTES = 1 << 20;

/** What happens to output while the stream is not read. */
export type UnreadOutput =
  /** The process is paused once the stream is full. */
  | "hold"
  /** The oldest output is dropped, until the stream is read for the first time. */
  | "drop"
  /** All output is dropped; the stream is empty. */
  | "discard";

/** Buffers the output of a process for a reader, with backpressure. */
export class OutputStream {
  /** The stream for the reader. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #buffered = new ByteQueue();
  #dropped = 0;
  #dropsUnread: boolean;
  #hasEnded = false;
  #failure: Error | undefined;
  #arrival: PromiseWithResolvers<void> | undefined;
  #room: PromiseWithResolvers<void> | undefined;

  /** Opens the stream. */
  constructor(unread: UnreadOutput) {
    this.#dropsUnread = unread === "drop";
    // With a high-water mark of 0, the stream pulls only when it is read.
    this.readable = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#close(),
    }, { highWaterMark: 0 });
    if (unread === "discard") this.#close();
  }

  /** The number of bytes that were dropped because they were not read. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Adds a piece; settles when there is room for more. */
  push(data: Uint8Array<ArrayBuffer>): void | Promise<void> {
    if (this.#hasEnded) return;
    this.#buffered.push(data);
    this.#arrival?.resolve();
    if (this.#dropsUnread) return this.#dropOldest();
    if (this.#buffered.bytes < STREAM_BYTES) return;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** Ends the stream after the buffered output, with an error if one is given. */
  end(error?: Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#failure = error;
    this.#arrival?.resolve();
    this.#room?.resolve();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): Promise<void> {
    this.#dropsUnread = false;
    while (this.#buffered.pieces === 0 && !this.#hasEnded) {
      this.#arrival = Promise.withResolvers();
      await this.#arrival.promise;
    }
    const chunk = this.#buffered.shift();
    if (chunk !== undefined) {
      controller.enqueue(chunk);
      if (this.#buffered.bytes < STREAM_BYTES) this.#makeRoom();
    } else if (this.#failure !== undefined) controller.error(this.#failure);
    else controller.close();
  }

  #dropOldest(): void {
    while (this.#buffered.bytes > STREAM_BYTES && this.#buffered.pieces > 1) {
      this.#dropped += this.#buffered.shift()!.length;
    }
  }

  #close(): void {
    this.#buffered.clear();
    this.end();
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}
