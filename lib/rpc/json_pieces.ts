/**
 * Encoding of large values piece by piece. Each piece takes about a millisecond, so that the event loop gets a turn in
 * between, and only one piece is in memory.
 *
 * This stands in for `JSON.stringify`, which encodes a whole value at once. It may go once the runtime has an encoder
 * that can pause.
 *
 * @module
 */

import { encodeJson } from "./json_encode.ts";
import { encodeText, isRawJson, maxTextSize, TextBytes } from "./raw_text.ts";

/** The approximate size of a piece, in characters or bytes before escaping. */
const PIECE_SIZE = 32 << 10;
/** The assumed size of a number, a boolean or a bracket. */
const SMALL_SIZE = 8;
const ENCODER = new TextEncoder();

/** Options of {@linkcode jsonPieces}. */
export interface JsonPiecesOptions {
  /** Text before the value. @default {""} */
  readonly head?: string;
  /** Text after the value. @default {""} */
  readonly tail?: string;
}

/**
 * Encodes a value as {@linkcode encodeJson} does.
 *
 * @param value Plain data; an iterable is written as an array, and its items are requested only as they are written.
 * @returns The pieces; each is valid until the next is requested.
 */
export function* jsonPieces(value: unknown, { head = "", tail = "" }: JsonPiecesOptions = {}): Generator<Uint8Array> {
  const text = new Text();
  text.add(head);
  yield* encode(value, text);
  text.add(tail);
  yield text.take();
}

/** Collects encoded text until there is enough for a piece. */
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

/** Encodes from bytes to bytes, because a string cannot be as long as a file. */
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
    // Keep both halves of a surrogate pair in the same piece.
    const to = from + PIECE_SIZE + (isHighSurrogate(value.charCodeAt(from + PIECE_SIZE - 1)) ? 1 : 0);
    text.add(encodeJson(value.slice(from, to)).slice(1, -1));
    yield text.take();
    from = to;
  }
  text.add('"');
}

/** Encodes the items of an array. Small ones are encoded together, which is several times as fast. */
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

/** Estimates the length of a value before escaping, in characters; a value that is not plain counts as too long. */
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
