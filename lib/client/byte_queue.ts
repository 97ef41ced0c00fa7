/**
 * Bytes that wait, in the order in which they came.
 *
 * @module
 */

import { concat } from "../system/io.ts";

/** Pieces are joined up to this size, in bytes: each costs far more memory than a byte. */
const JOINED_BYTES = 16 << 10;
const FIRST_BLOCK_BYTES = 256;

/** Takes pieces of any size, and gives them back joined: a million single bytes take little more than a MiB. */
export class ByteQueue {
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];
  /** What the last piece is the start of, when it was joined here; the rest of it is room for more. */
  #block: Uint8Array<ArrayBuffer> | undefined;
  #bytes = 0;

  /** How many bytes wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many pieces wait. */
  get pieces(): number {
    return this.#pieces.length;
  }

  /** Adds bytes at the end; the array may be kept, and must not change. */
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
      this.#block = new Uint8Array(Math.min(JOINED_BYTES, Math.max(FIRST_BLOCK_BYTES, 2 * size)));
      this.#block.set(last);
    }
    this.#block.set(data, last.length);
    this.#pieces[this.#pieces.length - 1] = this.#block.subarray(0, size);
  }

  /** Nobody is to see, or to hold, the room behind the last piece. */
  #closeBlock(last: Uint8Array<ArrayBuffer>): void {
    if (this.#block === undefined) return;
    this.#pieces[this.#pieces.length - 1] = last.slice();
    this.#block = undefined;
  }

  /** Takes the first piece; `undefined` when there is none. */
  shift(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#pieces.length === 1) this.#closeBlock(this.#pieces[0]!);
    const piece = this.#pieces.shift();
    this.#bytes -= piece?.length ?? 0;
    return piece;
  }

  /** Takes at most so many bytes from the front; an empty array when there are none. */
  take(most: number): Uint8Array<ArrayBuffer> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (let room = most; room > 0 && this.#pieces.length > 0;) {
      const piece = this.#pieces[0]!;
      // A piece is only split when it comes first.
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

  /** Drops all of it. */
  clear(): void {
    this.#pieces.length = this.#bytes = 0;
    this.#block = undefined;
  }
}
