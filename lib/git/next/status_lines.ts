/**
 * The lines of `git.status` (contract: Git methods of next).
 *
 * @module
 */

import { type RawText, rawText } from "../../rpc/raw_text.ts";
import { sequenceLength } from "../../system/utf8.ts";

/** The most bytes of a line; what follows is cut. */
const MAX_LINE_BYTES = 512;
/** The most lines. */
const MAX_LINES = 10_000;
const NEWLINE = 0x0a;
const ELLIPSIS = new TextEncoder().encode("…");

/** Yields the lines that git prints; the first keeps its leading space. */
export function* changeLines(output: Uint8Array): Generator<RawText> {
  let count = 0;
  for (let start = 0; start < output.length && count < MAX_LINES;) {
    const newline = output.indexOf(NEWLINE, start);
    const end = newline < 0 ? output.length : newline;
    if (end > start) {
      count++;
      yield rawText(shortened(output.subarray(start, end)));
    }
    start = end + 1;
  }
}

/** Returns the lines about submodules, as replies carry them. */
export function submoduleNotes(lines: readonly string[]): RawText[] {
  return lines.map((line) => rawText(shortened(new TextEncoder().encode(line))));
}

function shortened(line: Uint8Array): Uint8Array {
  if (line.length <= MAX_LINE_BYTES) return line;
  const kept = line.subarray(0, MAX_LINE_BYTES);
  return new Uint8Array([...kept.subarray(0, wholeCharacters(kept)), ...ELLIPSIS]);
}

/** Returns the length without a character that was cut at the end. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let at = bytes.length - 1; at >= Math.max(0, bytes.length - 4); at--) {
    const byte = bytes[at]!;
    if (byte < 0x80) return bytes.length;
    if (byte < 0xc0) continue;
    return sequenceLength(bytes, at) === 0 ? at : bytes.length;
  }
  return bytes.length;
}
