/**
 * Splitting a byte stream into request lines (contract: Framing and JSON). Lines end in `\n`, the last one may lack it;
 * one trailing `\r` is removed, blank lines are skipped, and the length of a line is limited.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { isPlainText } from "./envelope.ts";
import { decodeUtf8 } from "../system/utf8.ts";

/** The longest line, with its newline, in bytes. */
export const MAX_LINE_BYTES = 1 << 20;

/** A request line without its newline. */
export interface Line {
  /** The text; bad bytes are replaced with U+FFFD. */
  readonly text: string;
  /** Whether the text is plain; see {@linkcode isPlainText}. */
  readonly isPlain: boolean;
}

/** Thrown when a line is too long; the message is the contract's (contract: Framing and JSON). */
export class LineTooLongError extends ClaustrumError {
  constructor() {
    super("bufio.Scanner: token too long");
  }
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** The largest buffer that is kept between lines, in bytes. */
const MAX_IDLE_BYTES = 1 << 16;
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** Splits chunks of bytes into lines, in order. */
export class LineFramer {
  readonly #maxBytes: number;
  #carry = new Uint8Array(0);
  #carried = 0;

  /** Creates a framer for lines of at most `maxBytes`, including the newline. */
  constructor(maxBytes: number = MAX_LINE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes the next bytes and yields the lines that they complete, except blank ones. The bytes are not kept once all
   * lines are taken.
   *
   * @throws {LineTooLongError} If a line is too long, after yielding the lines before it.
   */
  *push(chunk: Uint8Array): Generator<Line> {
    const first = chunk.indexOf(NEWLINE);
    if (first < 0) return this.#keep(chunk);
    let start = 0;
    if (this.#carried > 0) {
      this.#keep(chunk.subarray(0, first));
      yield* this.end();
      start = first + 1;
    }
    const last = chunk.lastIndexOf(NEWLINE);
    if (last >= start) yield* this.#lines(chunk.subarray(start, last));
    this.#keep(chunk.subarray(last + 1));
  }

  /** Takes the end of the stream; remaining bytes count as a line. */
  *end(): Generator<Line> {
    if (this.#carried === 0) return;
    const line = decodeLine(this.#carry.subarray(0, this.#carried));
    this.#carried = 0;
    if (this.#carry.length > MAX_IDLE_BYTES) this.#carry = new Uint8Array(0);
    if (line !== undefined) yield line;
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const needed = this.#carried + bytes.length;
    if (needed >= this.#maxBytes) throw new LineTooLongError();
    if (needed > this.#carry.length) {
      const grown = new Uint8Array(Math.min(this.#maxBytes, Math.max(needed, this.#carry.length * 2)));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    this.#carry.set(bytes, this.#carried);
    this.#carried = needed;
  }

  /** Splits a block of whole lines; if all of them are plain, they are decoded together. */
  *#lines(block: Uint8Array): Generator<Line> {
    const text = DECODER.decode(block);
    // A multi-byte character makes the text shorter than the block; a bad byte becomes U+FFFD.
    const isAscii = text.length === block.length && !text.includes("\ufffd");
    if (!isAscii || !isPlainText(text, isAscii)) return yield* this.#oddLines(block);
    for (let start = 0; start <= text.length;) {
      const newline = text.indexOf("\n", start);
      const end = newline < 0 ? text.length : newline;
      if (end - start >= this.#maxBytes) throw new LineTooLongError();
      if (end > start) yield { text: text.slice(start, end), isPlain: true };
      start = end + 1;
    }
  }

  *#oddLines(block: Uint8Array): Generator<Line> {
    for (let start = 0; start <= block.length;) {
      const newline = block.indexOf(NEWLINE, start);
      const end = newline < 0 ? block.length : newline;
      if (end - start >= this.#maxBytes) throw new LineTooLongError();
      const line = decodeLine(block.subarray(start, end));
      if (line !== undefined) yield line;
      start = end + 1;
    }
  }
}

function decodeLine(bytes: Uint8Array): Line | undefined {
  const content = bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes;
  if (content.length === 0) return undefined;
  const text = decodeUtf8(content);
  return { text, isPlain: isPlainText(text) };
}
