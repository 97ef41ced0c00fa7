/**
 * One output stream of a process, between the connection and its reader.
 *
 * @module
 */

import { ByteQueue } from "./byte_queue.ts";

/** What a stream holds before its process has to wait, or before unread output is dropped, in bytes. */
const STREAM_BYTES = 1 << 20;

/** What becomes of output while nobody reads the stream. */
export type UnreadOutput =
  /** It holds the process up once the stream is full. */
  | "hold"
  /** The oldest of it is dropped until the stream is read for the first time. */
  | "drop"
  /** All of it is dropped; the stream is empty. */
  | "discard";

/** Takes pieces and gives them to a reader, which sets the pace. */
export class OutputStream {
  /** What the reader gets. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #waiting = new ByteQueue();
  #dropped = 0;
  #dropsUnread: boolean;
  #isOver = false;
  #failure: Error | undefined;
  #arrival: PromiseWithResolvers<void> | undefined;
  #room: PromiseWithResolvers<void> | undefined;

  /** Opens the stream. */
  constructor(unread: UnreadOutput) {
    this.#dropsUnread = unread === "drop";
    // Without a queue of its own, the runtime's stream pulls only when somebody reads.
    this.readable = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#close(),
    }, { highWaterMark: 0 });
    if (unread === "discard") this.#close();
  }

  /** How many bytes were dropped because nobody read them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a piece; settles when there is room for more. */
  push(data: Uint8Array<ArrayBuffer>): void | Promise<void> {
    if (this.#isOver) return;
    this.#waiting.push(data);
    this.#arrival?.resolve();
    if (this.#dropsUnread) return this.#dropOldest();
    if (this.#waiting.bytes < STREAM_BYTES) return;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** Ends the stream after what it holds, with an error if there is one. */
  end(error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = error;
    this.#arrival?.resolve();
    this.#room?.resolve();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): Promise<void> {
    this.#dropsUnread = false;
    while (this.#waiting.pieces === 0 && !this.#isOver) {
      this.#arrival = Promise.withResolvers();
      await this.#arrival.promise;
    }
    const chunk = this.#waiting.shift();
    if (chunk !== undefined) {
      controller.enqueue(chunk);
      if (this.#waiting.bytes < STREAM_BYTES) this.#makeRoom();
    } else if (this.#failure !== undefined) controller.error(this.#failure);
    else controller.close();
  }

  #dropOldest(): void {
    while (this.#waiting.bytes > STREAM_BYTES && this.#waiting.pieces > 1) {
      this.#dropped += this.#waiting.shift()!.length;
    }
  }

  #close(): void {
    this.#waiting.clear();
    this.end();
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}
