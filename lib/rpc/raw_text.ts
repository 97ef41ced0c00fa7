/**
 * Encoding of external text, which may contain bytes that are not UTF-8, as JSON. Each bad byte becomes the escape
 * `\ufffd`, which differs from a literal U+FFFD (contract: Framing and JSON). The text is encoded directly from bytes to
 * bytes, so that bad bytes take no longer than others.
 *
 * This stands in for `JSON.stringify`, which takes only strings and writes U+FFFD literally. It may go if the contract
 * no longer distinguishes the two forms.
 *
 * @module
 */

import { encodeJson } from "./json_encode.ts";
import { sequenceLength, tryDecodeUtf8 } from "../system/utf8.ts";

/** JSON that is already encoded. */
export interface RawJson {
  /** The literal text. */
  readonly rawJSON: string;
}

/** An external text: a string, JSON if the text has bad bytes, or the bytes themselves if it is long. */
export type RawText = string | RawJson | TextBytes;

/** An external text that is long enough to be encoded piece by piece. */
export class TextBytes {
  /** The bytes of the text. */
  readonly bytes: Uint8Array;

  /** Wraps bytes that must not change afterwards. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Encodes the whole text at once. */
  toJSON(): string | RawJson {
    return rawText(this.bytes);
  }
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Converts external text to a JSON string.
 *
 * @returns A value for {@linkcode encodeJson}.
 */
export function rawText(bytes: Uint8Array): string | RawJson {
  const valid = tryDecodeUtf8(bytes);
  if (valid !== undefined) return valid;
  const encoded = new Uint8Array(maxTextSize(bytes.length));
  const { written } = encodeText(bytes, { from: 0, to: bytes.length }, encoded);
  return rawJson(`"${DECODER.decode(encoded.subarray(0, written))}"`);
}

/** Puts a prefix before an external text. */
export function concatRaw(prefix: string, text: RawText): string | RawJson {
  if (typeof text === "string") return prefix + text;
  return rawJson(encodeJson(prefix).slice(0, -1) + encodeJson(text).slice(1));
}

/** Functions of the runtime that its types lack. */
const RAW = JSON as unknown as { rawJSON(text: string): RawJson; isRawJSON(value: unknown): value is RawJson };

function rawJson(text: string): RawJson {
  return RAW.rawJSON(text);
}

/** Whether a value is JSON that is already encoded. */
export function isRawJson(value: unknown): value is RawJson {
  return RAW.isRawJSON(value);
}

const ESCAPE_BYTES = 6;
const BAD_BYTE = ENCODER.encode("\\ufffd");
/** The escape of each ASCII character in a JSON string; `undefined` for a literal one. */
const ESCAPES: readonly (Uint8Array | undefined)[] = Array.from({ length: 0x80 }, (_, code) => {
  const char = String.fromCharCode(code);
  const encoded = encodeJson(char).slice(1, -1);
  return encoded === char ? undefined : ENCODER.encode(encoded);
});
/** 1 for each byte that is always encoded as itself. */
const IS_PLAIN = Uint8Array.from({ length: 0x100 }, (_, code) => code < 0x80 && ESCAPES[code] === undefined ? 1 : 0);
/** U+2028 and U+2029, which differ in their last byte. */
const SEPARATORS: Readonly<Record<number, Uint8Array>> = {
  0xa8: ENCODER.encode("\\u2028"),
  0xa9: ENCODER.encode("\\u2029"),
};

/** Returns the largest size of the encoded form of `length` bytes of text, in bytes. */
export function maxTextSize(length: number): number {
  // A character that starts before the end of a piece may end up to three bytes after it.
  return (length + 3) * ESCAPE_BYTES;
}

/** A range of bytes; the end is exclusive. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * Encodes a part of a text as the inside of a JSON string.
 *
 * @param bytes The whole text.
 * @param range The part to encode; a character that starts in it is encoded as a whole.
 * @param target An array of at least {@linkcode maxTextSize} of the range's length.
 * @returns The offset of the rest, and the number of bytes written.
 */
export function encodeText(
  bytes: Uint8Array,
  { from, to }: Range,
  target: Uint8Array,
): { next: number; written: number } {
  let at = from;
  let written = 0;
  const put = (escape: Uint8Array) => {
    for (let i = 0; i < escape.length; i++) target[written++] = escape[i]!;
  };
  while (at < to) {
    const byte = bytes[at]!;
    if (IS_PLAIN[byte] === 1) {
      target[written++] = byte;
      at++;
      continue;
    }
    const length = byte < 0x80 ? 1 : sequenceLength(bytes, at);
    const escape = byte < 0x80 ? ESCAPES[byte] : length === 0 ? BAD_BYTE : separatorAt(bytes, at);
    if (escape !== undefined) put(escape);
    else for (let i = 0; i < length; i++) target[written++] = bytes[at + i]!;
    at += length === 0 ? 1 : length;
  }
  return { next: at, written };
}

function separatorAt(bytes: Uint8Array, at: number): Uint8Array | undefined {
  return bytes[at] === 0xe2 && bytes[at + 1] === 0x80 ? SEPARATORS[bytes[at + 2]!] : undefined;
}
