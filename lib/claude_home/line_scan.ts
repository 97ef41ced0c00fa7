/**
 * Reads the lines of a transcript that contain certain texts, fast: most lines are neither cut out nor parsed.
 *
 * @module
 */

import { openRegularFile } from "../system/regular_file.ts";

/** How much is read at a time, in bytes. */
const CHUNK_BYTES = 1 << 20;
/** The longest line that is read, in bytes; longer ones are passed over. */
const MAX_LINE_BYTES = 64 << 20;
/** How many bytes before the end of what was read tell whether a file still goes on from there. */
const TAIL_BYTES = 1 << 10;
const NEWLINE = 0x0a;

/** How far a file was read. */
export interface ScanPosition {
  /** Behind the last whole line, in bytes from the start of the file. */
  readonly offset: number;
  /** The bytes before it, by which a file that was replaced is told. */
  readonly tail: Uint8Array<ArrayBuffer>;
}

/** Options of {@linkcode scanLines}. */
export interface ScanOptions {
  /** A text that each wanted line contains. */
  readonly mark: string;
  /** Where to go on. If the file is another one by now, it is read from its start. @default {the start} */
  readonly from?: ScanPosition | undefined;
  /** Called with each wanted line, without its newline, and whether it is whole. */
  readonly visit: (line: string, isWhole: boolean) => void;
  /** Called before the file is read from its start. */
  readonly onStart?: () => void;
}

/** The beginning of every file. */
export const START: ScanPosition = { offset: 0, tail: new Uint8Array(0) };

/**
 * Reads a file. A last line without a newline is visited too, and again by the next scan, when it may have grown.
 *
 * @returns How far it was read.
 * @throws {Error} If the file cannot be read.
 */
export async function scanLines(path: string, options: ScanOptions): Promise<ScanPosition> {
  const { from = START, onStart } = options;
  const found = from.offset === 0 ? undefined : await scanFrom(path, from, options);
  if (found !== undefined) return found;
  onStart?.();
  return await scanFrom(path, START, options) ?? START;
}

/** Returns `undefined` if the file does not go on from the position. */
async function scanFrom(path: string, from: ScanPosition, options: ScanOptions): Promise<ScanPosition | undefined> {
  const start = from.offset - from.tail.length;
  await using file = await openRegularFile(path, { followsLinks: true, from: start });
  if (file.size < from.offset) return undefined;
  const scan = new Scan(options);
  let buffer = new Uint8Array(CHUNK_BYTES);
  let length = 0;
  let isChecked = from.tail.length === 0;
  // The bytes of a line that is too long.
  let dropped = 0;
  let offset = start;
  let tail: Uint8Array<ArrayBuffer> = from.tail;
  for (;;) {
    const size = await file.read(buffer.subarray(length));
    if (size === null) break;
    length += size;
    if (!isChecked) {
      if (length < from.tail.length) continue;
      if (!isEqual(buffer.subarray(0, from.tail.length), from.tail)) return undefined;
      isChecked = true;
      buffer.copyWithin(0, from.tail.length, length);
      length -= from.tail.length;
      offset = from.offset;
    }
    const end = buffer.subarray(0, length).lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const first = dropped > 0 ? buffer.indexOf(NEWLINE) + 1 : 0;
      scan.visit(buffer.subarray(first, end), true);
      tail = buffer.slice(Math.max(0, end - TAIL_BYTES), end);
      buffer.copyWithin(0, end, length);
      length -= end;
      offset += dropped + end;
      dropped = 0;
    } else if (dropped > 0 || length >= MAX_LINE_BYTES) {
      dropped += length;
      length = 0;
    } else if (length === buffer.length) {
      const larger = new Uint8Array(buffer.length * 2);
      larger.set(buffer);
      buffer = larger;
    }
  }
  if (!isChecked) return undefined;
  if (dropped === 0 && length > 0) scan.visit(buffer.subarray(0, length), false);
  return { offset, tail };
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Finds the wanted ones among whole lines. */
class Scan {
  readonly #decoder = new TextDecoder();
  readonly #mark: string;
  readonly #visit: ScanOptions["visit"];

  constructor({ mark, visit }: ScanOptions) {
    this.#mark = mark;
    this.#visit = visit;
  }

  visit(bytes: Uint8Array, isWhole: boolean): void {
    const text = this.#decoder.decode(bytes);
    for (let at = text.indexOf(this.#mark); at >= 0;) {
      const start = text.lastIndexOf("\n", at) + 1;
      const newline = text.indexOf("\n", at);
      const end = newline < 0 ? text.length : newline;
      this.#visit(text.slice(start, end), isWhole);
      at = text.indexOf(this.#mark, end);
    }
  }
}
