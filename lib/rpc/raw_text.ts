/**
 * Text from outside, which may hold bytes that are no UTF-8, as JSON: each of them becomes the escape
 * `\ufffd`, so that it differs from a real U+FFFD (contract: Framing and JSON). Encoded straight from bytes to bytes, so
 * that it takes the same time whatever they are.
 *
 * @module
 */

import { encodeJson } from "./json_encode.ts";
import { sequenceLength, tryDecodeUtf8 } from "../system/utf8.ts";

/** JSON that is encoded already. */
export interface RawJson {
  /** The literal text. */
  readonly rawJSON: string;
}

/** A text; one that is encoded already because it holds bytes that are no UTF-8; one that is still bytes. */
export type RawText = string | RawJson | TextBytes;

/** A text from outside that is so long that it is only encoded piece by piece. */
export class TextBytes {
  /** The bytes as they came. */
  readonly bytes: Uint8Array;

  /** Takes bytes that do not change any more. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** All of it at once. */
  toJSON(): string | RawJson {
    return rawText(this.bytes);
  }
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Text from outside as a JSON string.
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

/** Puts text of ours before a {@linkcode rawText}. */
export function concatRaw(prefix: string, text: RawText): string | RawJson {
  if (typeof text === "string") return prefix + text;
  return rawJson(encodeJson(prefix).slice(0, -1) + encodeJson(text).slice(1));
}

/** The runtime has them, its types do not yet. */
const RAW = JSON as unknown as { rawJSON(text: string): RawJson; isRawJSON(value: unknown): value is RawJson };

function rawJson(text: string): RawJson {
  return RAW.rawJSON(text);
}

/** Whether a value is JSON that is encoded already. */
export function isRawJson(value: unknown): value is RawJson {
  return RAW.isRawJSON(value);
}

const ESCAPE_BYTES = 6;
const BAD_BYTE = ENCODER.encode("\\ufffd");
/** What stands for an ASCII character in a JSON string; `undefined` for itself. */
const ESCAPES: readonly (Uint8Array | undefined)[] = Array.from({ length: 0x80 }, (_, code) => {
  const char = String.fromCharCode(code);
  const encoded = encodeJson(char).slice(1, -1);
  return encoded === char ? undefined : ENCODER.encode(encoded);
});
/** 1 for the bytes that are encoded as themselves, whatever stands around them. */
const IS_PLAIN = Uint8Array.from({ length: 0x100 }, (_, code) => code < 0x80 && ESCAPES[code] === undefined ? 1 : 0);
/** U+2028 and U+2029, which differ in their last byte. */
const SEPARATORS: Readonly<Record<number, Uint8Array>> = {
  0xa8: ENCODER.encode("\\u2028"),
  0xa9: ENCODER.encode("\\u2029"),
};

/** How many bytes encoded text may have, at the most. */
export function maxTextSize(length: number): number {
  // A character that begins before the end of a piece may end up to three bytes behind it.
  return (length + 3) * ESCAPE_BYTES;
}

/** A part of some bytes; the end is not part of it. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * Encodes a part of a text as the inside of a JSON string.
 *
 * @param bytes The whole text.
 * @param range What is encoded; a character that begins in it is encoded to its end.
 * @param target Has room for {@linkcode maxTextSize} of the range's length.
 * @returns Where the rest begins, and how many bytes were written.
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
