/**
 * The times beside a file of a log: what its bytes are, in the order in which they lie there. A line of text says for
 * each piece of output when it came, from which stream, and how long it is:
 *
 * - `r RUN SEQ TIME OFFSET`: what follows is of the process that is called RUN, from the frame SEQ on and from the byte
 *   OFFSET of the file on; TIME is in milliseconds since the epoch
 * - `o MS LENGTH`, `e MS LENGTH`: a frame of stdout or stderr, MS milliseconds after the line before
 * - `s MS PID`, `x MS CODE SIGNAL`: the process was started, or has ended; SIGNAL is `-` if none ended it
 * - `m MS LENGTH FRAMES`: so many bytes in so many frames could not be written
 * - `u LENGTH`: bytes about which nothing is known, since the daemon was killed before it wrote it down
 *
 * @module
 */

import type { StreamName } from "../process/frame_codec.ts";

/** A line of the times. */
export type TimesEntry =
  | { readonly kind: "run"; readonly run: string; readonly seq: number; readonly time: number; readonly offset: number }
  | { readonly kind: StreamName; readonly delta: number; readonly length: number }
  | { readonly kind: "start"; readonly delta: number; readonly pid: number }
  | { readonly kind: "exit"; readonly delta: number; readonly code: number; readonly signal: string }
  | { readonly kind: "missing"; readonly delta: number; readonly length: number; readonly frames: number }
  | { readonly kind: "unknown"; readonly length: number };

/** Formats a line, with its end. */
export function formatEntry(entry: TimesEntry): string {
  switch (entry.kind) {
    case "run":
      return `r ${entry.run} ${entry.seq} ${entry.time} ${entry.offset}\n`;
    case "stdout":
      return `o ${entry.delta} ${entry.length}\n`;
    case "stderr":
      return `e ${entry.delta} ${entry.length}\n`;
    case "start":
      return `s ${entry.delta} ${entry.pid}\n`;
    case "exit":
      return `x ${entry.delta} ${entry.code} ${entry.signal}\n`;
    case "missing":
      return `m ${entry.delta} ${entry.length} ${entry.frames}\n`;
    case "unknown":
      return `u ${entry.length}\n`;
  }
}

/** Parses a line without its end; returns `undefined` if it is none. */
export function parseEntry(line: string): TimesEntry | undefined {
  const [kind, ...words] = line.split(" ");
  if (kind === "r") {
    const [seq, time, offset] = numbers(words.slice(1), 3) ?? [];
    if (words[0] === undefined || seq === undefined || time === undefined || offset === undefined) return undefined;
    return { kind: "run", run: words[0], seq, time, offset };
  }
  if (kind === "x") {
    const [delta, code] = numbers(words.slice(0, 2), 2) ?? [];
    if (delta === undefined || code === undefined || words[2] === undefined) return undefined;
    return { kind: "exit", delta, code, signal: words[2] };
  }
  const [first, second, third] = numbers(words, kind === "u" ? 1 : kind === "m" ? 3 : 2) ?? [];
  if (first === undefined) return undefined;
  if (kind === "u") return { kind: "unknown", length: first };
  if (second === undefined) return undefined;
  if (kind === "o") return { kind: "stdout", delta: first, length: second };
  if (kind === "e") return { kind: "stderr", delta: first, length: second };
  if (kind === "s") return { kind: "start", delta: first, pid: second };
  if (kind === "m" && third !== undefined) return { kind: "missing", delta: first, length: second, frames: third };
  return undefined;
}

const INTEGER = /^-?\d{1,16}$/;

/** Parses integers; returns `undefined` unless there are as many as expected. */
function numbers(words: readonly string[], count: number): number[] | undefined {
  if (words.length !== count || !words.every((word) => INTEGER.test(word))) return undefined;
  return words.map(Number);
}

/** How many bytes of the file of the log an entry stands for. */
export function lengthOf(entry: TimesEntry): number {
  return entry.kind === "stdout" || entry.kind === "stderr" || entry.kind === "unknown" ? entry.length : 0;
}
