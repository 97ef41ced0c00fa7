/**
 * UTF-8 as the contract reads it: every byte that is part of no valid sequence counts as one
 * bad byte (wire 3). The runtime's decoder groups bad bytes differently, so it only serves text
 * that is valid throughout.
 *
 * @module
 */

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Decodes UTF-8; each bad byte becomes `replacement`.
 *
 * @param bytes Any bytes.
 * @param replacement What stands for one bad byte: U+FFFD unless told otherwise.
 */
export function decodeUtf8(bytes: Uint8Array, replacement = "\ufffd"): string {
  return validRuns(bytes).join(replacement);
}

/** The valid text before, between and behind the bad bytes: one more than there are of those. */
export function validRuns(bytes: Uint8Array): string[] {
  try {
    return [STRICT.decode(bytes)];
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return splitAtBadBytes(bytes);
  }
}

/** Whether the bytes are valid UTF-8 throughout. */
export function isUtf8(bytes: Uint8Array): boolean {
  return validPrefix(bytes, 0) === bytes.length;
}

function splitAtBadBytes(bytes: Uint8Array): string[] {
  const runs: string[] = [];
  for (let start = 0; start <= bytes.length;) {
    const end = validPrefix(bytes, start);
    runs.push(STRICT.decode(bytes.subarray(start, end)));
    start = end + 1;
  }
  // A bad byte at the very end has an empty run behind it; the end itself has none.
  return runs;
}

/** The offset of the first bad byte at or after `start`, or the length. */
function validPrefix(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length) {
    const size = sequenceLength(bytes, at);
    if (size === 0) return at;
    at += size;
  }
  return at;
}

/** The length of the valid sequence at `at`, 0 when there is none (table 3-7 of the Unicode standard). */
function sequenceLength(bytes: Uint8Array, at: number): number {
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
