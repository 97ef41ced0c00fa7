/**
 * Encoding large values piece by piece: each piece takes about a millisecond, so that others have
 * their turn in between, and only one is in memory.
 *
 * @module
 */

import { encodeJson } from "./json_encode.ts";
import { encodeText, isRawJson, maxTextSize, TextBytes } from "./raw_text.ts";

/** About how much goes into a piece, in characters or bytes before they are escaped. */
const PIECE_SIZE = 32 << 10;
/** What a number, a boolean or a bracket counts for. */
const SMALL_SIZE = 8;
const ENCODER = new TextEncoder();

/** What is encoded in pieces. */
export interface JsonPiecesOptions {
  /** Text before the value. @default {""} */
  readonly head?: string;
  /** Text behind the value. @default {""} */
  readonly tail?: string;
}

/**
 * Encodes a value as {@linkcode encodeJson} does.
 *
 * @param value Plain data; an iterable is written as an array, and only asked for its items as they
 * are written.
 * @returns Pieces, each good until the next is asked for.
 */
export function* jsonPieces(value: unknown, { head = "", tail = "" }: JsonPiecesOptions = {}): Generator<Uint8Array> {
  const text = new Text();
  text.add(head);
  yield* encode(value, text);
  text.add(tail);
  yield text.take();
}

/** Text that is encoded and not yet given out. */
class Text {
  #text = "";

  add(text: string): void {
    this.#text += text;
  }

  get isFull(): boolean {
    return this.#text.length >= PIECE_SIZE;
  }

  take(): Uint8Array {
    const bytes = ENCODER.encode(this.#text);
    this.#text = "";
    return bytes;
  }
}

function* encode(value: unknown, text: Text): Generator<Uint8Array> {
  if (value instanceof TextBytes) yield* encodeBytes(value.bytes, text);
  else if (typeof value === "string") yield* encodeString(value, text);
  else if (typeof value !== "object" || value === null || isRawJson(value)) text.add(encodeJson(value));
  else if (isIterable(value)) yield* encodeItems(value, text);
  else yield* encodeMembers(value, text);
  if (text.isFull) yield text.take();
}

/** Straight from bytes to bytes; never as one string, which cannot be as long as a file. */
function* encodeBytes(bytes: Uint8Array, text: Text): Generator<Uint8Array> {
  text.add('"');
  yield text.take();
  const piece = new Uint8Array(maxTextSize(Math.min(PIECE_SIZE, bytes.length)));
  for (let from = 0; from < bytes.length;) {
    const { next, written } = encodeText(bytes, { from, to: Math.min(from + PIECE_SIZE, bytes.length) }, piece);
    yield piece.subarray(0, written);
    from = next;
  }
  text.add('"');
}

function* encodeString(value: string, text: Text): Generator<Uint8Array> {
  if (value.length <= PIECE_SIZE) return text.add(encodeJson(value));
  text.add('"');
  for (let from = 0; from < value.length;) {
    // Both halves of a character belong to the same piece.
    const to = from + PIECE_SIZE + (isHighSurrogate(value.charCodeAt(from + PIECE_SIZE - 1)) ? 1 : 0);
    text.add(encodeJson(value.slice(from, to)).slice(1, -1));
    yield text.take();
    from = to;
  }
  text.add('"');
}

/** Small items are encoded together, which is several times as fast. */
function* encodeItems(items: Iterable<unknown>, text: Text): Generator<Uint8Array> {
  let batch: unknown[] = [];
  let size = 0;
  let separator = "";
  text.add("[");
  const addBatch = () => {
    if (batch.length === 0) return;
    text.add(separator + encodeJson(batch).slice(1, -1));
    separator = ",";
    batch = [];
    size = 0;
  };
  for (const item of items) {
    const itemSize = sizeOf(item);
    if (itemSize <= PIECE_SIZE) {
      batch.push(item);
      size += itemSize;
      if (size < PIECE_SIZE) continue;
    }
    addBatch();
    if (text.isFull) yield text.take();
    if (itemSize <= PIECE_SIZE) continue;
    text.add(separator);
    separator = ",";
    yield* encode(item, text);
  }
  addBatch();
  text.add("]");
}

function* encodeMembers(object: object, text: Text): Generator<Uint8Array> {
  let separator = "";
  text.add("{");
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue;
    text.add(`${separator}${encodeJson(key)}:`);
    separator = ",";
    yield* encode(value, text);
  }
  text.add("}");
}

/** About how long a value is before it is escaped, in characters; anything that is not plain counts as too long. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length + SMALL_SIZE;
  if (value instanceof TextBytes) return Infinity;
  if (typeof value !== "object" || value === null) return SMALL_SIZE;
  if (isRawJson(value)) return value.rawJSON.length;
  if (isIterable(value) && !Array.isArray(value)) return Infinity;
  let size = SMALL_SIZE;
  // Twice as fast as Object.values(), and plain data inherits nothing.
  for (const key in value) size += sizeOf((value as Record<string, unknown>)[key]);
  return size;
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
