/**
 * UTF-8 decoding where each byte outside a valid sequence counts as one bad byte (contract: Framing and JSON).
 *
 * This stands in for `TextDecoder`, which by its standard replaces several bad bytes with one U+FFFD, and so serves
 * only text that is valid throughout. It may go if the contract adopts that rule.
 *
 * @module
 */

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

/**
 * Decodes UTF-8 and replaces each bad byte.
 *
 * @param bytes Any bytes.
 * @param replacement The text for one bad byte.
 */
export function decodeUtf8(bytes: Uint8Array, replacement = "\ufffd"): string {
  return tryDecodeUtf8(bytes) ?? STRICT.decode(replaceBadBytes(bytes, ENCODER.encode(replacement)));
}

/** Decodes UTF-8; returns `undefined` if a byte is bad. */
export function tryDecodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return STRICT.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return undefined;
  }
}

/** Works in one pass and into one array: one string per bad byte would take a hundred times as long. */
function replaceBadBytes(bytes: Uint8Array, replacement: Uint8Array): Uint8Array {
  const replaced = new Uint8Array(bytes.length + countBadBytes(bytes) * (replacement.length - 1));
  let size = 0;
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      for (let i = 0; i < replacement.length; i++) replaced[size++] = replacement[i]!;
      at++;
    } else for (const end = at + length; at < end; at++) replaced[size++] = bytes[at]!;
  }
  return replaced;
}

function countBadBytes(bytes: Uint8Array): number {
  let count = 0;
  for (let at = validPrefix(bytes, 0); at < bytes.length; at = validPrefix(bytes, at + 1)) count++;
  return count;
}

/** Whether all bytes are valid UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  return validPrefix(bytes, 0) === bytes.length;
}

/** The offset of the first bad byte at or after `start`; the length if all bytes are valid. */
function validPrefix(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length) {
    const size = sequenceLength(bytes, at);
    if (size === 0) return at;
    at += size;
  }
  return at;
}

/** Returns the length of the valid sequence at `at`; 0 if the byte is bad (table 3-7 of the Unicode standard). */
export function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const second = bytes[at + 1] ?? 0;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = 2; i < size; i++) {
    if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return size;
}
