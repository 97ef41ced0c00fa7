/**
 * What a terminal shows, on its way to a reader that may be slow.
 *
 * @module
 */

import { ByteQueue } from "../client/byte_queue.ts";
import type { TerminalSize } from "./sessions.ts";

/** How many bytes wait for the reader at most, in bytes. */
const MAX_WAITING_BYTES = 1 << 20;
/** The largest piece that the reader gets, in bytes. */
const PIECE_BYTES = 64 << 10;

/** A part of the output: a change of the size, if any, and the bytes after it. */
interface Part {
  size: TerminalSize | undefined;
  readonly bytes: ByteQueue;
}

/** Keeps output until it is read, up to a limit. */
export class TerminalOutput {
  readonly #onIdle: () => void;
  #parts: Part[] = [];
  #bytes = 0;
  #arrival: PromiseWithResolvers<void> | undefined;
  #isOver = false;

  /**
   * Creates an empty output.
   *
   * @param onIdle Called whenever the reader waits for more.
   */
  constructor(onIdle: () => void) {
    this.#onIdle = onIdle;
  }

  /** Whether the reader has read everything, and waits for more. */
  get isAwaited(): boolean {
    return this.#arrival !== undefined;
  }

  /**
   * Adds bytes of the program.
   *
   * @returns Whether there was room. If not, all that was not read is dropped with them.
   */
  push(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (this.#bytes + bytes.length > MAX_WAITING_BYTES) {
      this.#clear();
      return false;
    }
    this.#add(undefined, bytes);
    return true;
  }

  /** Adds the bytes that paint the whole screen, however many they are. */
  paint(size: TerminalSize, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#bytes + bytes.length > MAX_WAITING_BYTES) this.#clear();
    this.#add(size, bytes);
  }

  /** Ends the output after what was added. */
  end(): void {
    this.#isOver = true;
    this.#arrival?.resolve();
  }

  /** Reads what is added, until the end. A reader that stops can be followed by another one. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer> | TerminalSize> {
    for (;;) {
      const next = this.#take();
      if (next !== undefined) yield next;
      else if (this.#isOver) return;
      else await this.#wait();
    }
  }

  #add(size: TerminalSize | undefined, bytes: Uint8Array<ArrayBuffer>): void {
    let last = this.#parts.at(-1);
    if (last === undefined || size !== undefined) this.#parts.push(last = { size, bytes: new ByteQueue() });
    last.bytes.push(bytes);
    this.#bytes += bytes.length;
    this.#arrival?.resolve();
  }

  #clear(): void {
    this.#parts = [];
    this.#bytes = 0;
  }

  #take(): Uint8Array<ArrayBuffer> | TerminalSize | undefined {
    for (let part = this.#parts[0]; part !== undefined; part = this.#parts[0]) {
      const { size } = part;
      part.size = undefined;
      if (size !== undefined) return size;
      const bytes = part.bytes.take(PIECE_BYTES);
      this.#bytes -= bytes.length;
      if (bytes.length > 0) return bytes;
      this.#parts.shift();
    }
    return undefined;
  }

  async #wait(): Promise<void> {
    this.#arrival = Promise.withResolvers();
    this.#onIdle();
    await this.#arrival.promise;
    this.#arrival = undefined;
  }
}
