/**
 * A first-in, first-out queue of bytes.
 *
 * @module
 */

import { concat } from "../system/io.ts";

/** The size up to which small pieces are joined, in bytes. Each piece costs far more memory than a byte. */
const JOINED_BYTES = 16 << 10;
/** The smallest size of a block that pieces are joined in, in bytes. */
const MIN_BLOCK_BYTES = 256;

/** Queues bytes and joins small pieces: a million single bytes take little more than a MiB of memory. */
export class ByteQueue {
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];
  /** The array that the last piece is the start of, if the queue has joined it; its rest is free for more bytes. */
  #block: Uint8Array<ArrayBuffer> | undefined;
  #bytes = 0;

  /** The number of bytes in the queue. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The number of pieces in the queue. */
  get pieces(): number {
    return this.#pieces.length;
  }

  /** Appends bytes. The queue may keep the array, so it must not change afterwards. */
  push(data: Uint8Array<ArrayBuffer>): void {
    this.#bytes += data.length;
    const last = this.#pieces.at(-1);
    const size = (last?.length ?? 0) + data.length;
    if (last !== undefined && size <= JOINED_BYTES) return this.#join(last, data, size);
    if (last !== undefined) this.#closeBlock(last);
    this.#pieces.push(data);
  }

  #join(last: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>, size: number): void {
    if (this.#block === undefined || this.#block.length < size) {
      this.#block = new Uint8Array(Math.min(JOINED_BYTES, Math.max(MIN_BLOCK_BYTES, 2 * size)));
      this.#block.set(last);
    }
    this.#block.set(data, last.length);
    this.#pieces[this.#pieces.length - 1] = this.#block.subarray(0, size);
  }

  /** Copies the last piece out of its block, so that its buffer contains nothing else. */
  #closeBlock(last: Uint8Array<ArrayBuffer>): void {
    if (this.#block === undefined) return;
    this.#pieces[this.#pieces.length - 1] = last.slice();
    this.#block = undefined;
  }

  /** Removes and returns the first piece; `undefined` if the queue is empty. */
  shift(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#pieces.length === 1) this.#closeBlock(this.#pieces[0]!);
    const piece = this.#pieces.shift();
    this.#bytes -= piece?.length ?? 0;
    return piece;
  }

  /** Removes and returns at most `maxBytes` bytes; an empty array if the queue is empty. */
  take(maxBytes: number): Uint8Array<ArrayBuffer> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (let room = maxBytes; room > 0 && this.#pieces.length > 0;) {
      const piece = this.#pieces[0]!;
      // Only the first piece is split.
      if (piece.length > room && parts.length > 0) break;
      const part = piece.length > room ? this.#split(room) : this.shift()!;
      parts.push(part);
      room -= part.length;
    }
    return parts.length === 1 ? parts[0]! : concat(parts);
  }

  #split(at: number): Uint8Array<ArrayBuffer> {
    if (this.#pieces.length === 1) this.#closeBlock(this.#pieces[0]!);
    const piece = this.#pieces[0]!;
    this.#pieces[0] = piece.subarray(at);
    this.#bytes -= at;
    return piece.subarray(0, at);
  }

  /** Removes all bytes. */
  clear(): void {
    this.#pieces.length = this.#bytes = 0;
    this.#block = undefined;
  }
}
