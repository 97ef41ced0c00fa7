/**
 * Cuts an agent's output into lines. Memory is bounded: of a line that is too long only its length is kept.
 *
 * @module
 */

import { freeBuffer } from "../system/free_buffer.ts";
import { grow } from "../system/io.ts";
import { decodeUtf8 } from "../system/utf8.ts";

/** The longest line that is kept, in bytes. */
const DEFAULT_LINE_BYTES: number = 64 << 20;

/** A line of an agent's output. */
export type AgentLine =
  | {
    readonly kind: "line";
    /** The line without its newline and a carriage return before it; a bad byte became U+FFFD. */
    readonly text: string;
    /** Whether the line's beginning may be missing, because it follows a gap. */
    readonly isTail?: true;
  }
  | {
    readonly kind: "too_long";
    /** The line's length in bytes, without its newline. */
    readonly length: number;
    /** Whether the line's beginning may be missing, because it follows a gap. */
    readonly isTail?: true;
  };

/** What a {@linkcode LineSplitter} knows of an unfinished line; another one goes on with it. */
export interface UnfinishedLine {
  /** The bytes since the last newline. */
  readonly rest: Uint8Array;
  /** How many bytes of a line that is too long were dropped. */
  readonly dropped: number;
  /** Whether the line's beginning may be missing, because it follows a gap. */
  readonly isTail: boolean;
}

/** Options of a {@linkcode LineSplitter}: an unfinished line to go on with, and a limit. */
export interface LineSplitterOptions extends Partial<UnfinishedLine> {
  /** The longest line that is kept, in bytes. @default {DEFAULT_LINE_BYTES} */
  readonly maxBytes?: number;
}

/** A buffer up to this size is kept from line to line. */
const KEPT_BUFFER_BYTES = 1 << 20;
const FIRST_BUFFER_BYTES = 4 << 10;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Cuts bytes into lines, however the bytes are split. */
export class LineSplitter {
  readonly #maxBytes: number;
  #buffer: Uint8Array = new Uint8Array(0);
  #length = 0;
  #dropped: number;
  #isTail: boolean;

  /** Starts at the beginning of a line, or goes on with an unfinished one. */
  constructor({ rest, dropped = 0, isTail = false, maxBytes = DEFAULT_LINE_BYTES }: LineSplitterOptions = {}) {
    this.#maxBytes = maxBytes;
    this.#dropped = dropped;
    this.#isTail = isTail;
    if (rest !== undefined) this.#keep(rest);
  }

  /** How many bytes have come since the last newline, including those that were dropped. */
  get restLength(): number {
    return this.#length + this.#dropped;
  }

  /** The unfinished line, as a copy that the constructor of another splitter takes. */
  get unfinished(): UnfinishedLine {
    return { rest: this.#buffer.slice(0, this.#length), dropped: this.#dropped, isTail: this.#isTail };
  }

  /**
   * Takes bytes, and returns the lines that they finish.
   *
   * @param bytes The next bytes; they are copied where they are kept.
   */
  push(bytes: Uint8Array): AgentLine[] {
    const lines: AgentLine[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      lines.push(this.#finish(bytes.subarray(start, end)));
      start = end + 1;
    }
    this.#keep(bytes.subarray(start));
    return lines;
  }

  /** Returns the unfinished line at the end of the output; `undefined` if there is none. */
  end(): AgentLine | undefined {
    return this.restLength === 0 ? undefined : this.#finish(new Uint8Array(0));
  }

  /** Drops the unfinished line, because bytes are missing. The next line is flagged as a tail. */
  dropUntilNewline(): void {
    this.#reset();
    this.#isTail = true;
  }

  #finish(last: Uint8Array): AgentLine {
    const tail = this.#isTail ? { isTail: true } as const : {};
    const length = this.restLength + last.length;
    if (this.#dropped > 0 || length > this.#maxBytes) {
      this.#reset();
      return { kind: "too_long", length, ...tail };
    }
    // Most lines come whole, and need no copy.
    if (this.#length > 0) this.#keep(last);
    const text = decodeLine(this.#length > 0 ? this.#buffer.subarray(0, this.#length) : last);
    this.#reset();
    return { kind: "line", text, ...tail };
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const length = this.#length + bytes.length;
    if (this.#dropped > 0 || length > this.#maxBytes) {
      const dropped = this.#dropped + length;
      const isTail = this.#isTail;
      this.#reset();
      this.#dropped = dropped;
      this.#isTail = isTail;
      return;
    }
    if (length > this.#buffer.length) {
      // Doubling keeps the whole cost linear in the line's length.
      const size = Math.max(length, FIRST_BUFFER_BYTES, 2 * this.#buffer.length);
      const outgrown = this.#buffer;
      this.#buffer = grow(outgrown.subarray(0, this.#length), Math.min(size, this.#maxBytes));
      freeBuffer(outgrown);
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }

  #reset(): void {
    this.#length = 0;
    this.#dropped = 0;
    this.#isTail = false;
    if (this.#buffer.length <= KEPT_BUFFER_BYTES) return;
    freeBuffer(this.#buffer);
    this.#buffer = new Uint8Array(0);
  }
}

function decodeLine(bytes: Uint8Array): string {
  return decodeUtf8(bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes);
}
