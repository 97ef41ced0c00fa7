/**
 * The end of a log that grows: what is shown of it, and what is missing.
 *
 * @module
 */

import type { InstanceLog } from "../../remote/types.ts";

/** How much of a log is kept, in characters. */
const MAX_CHARACTERS = 400_000;
/** When something is let go, so much stays, in characters. */
const KEPT_CHARACTERS = 300_000;
/** Pieces are joined up to this size, so that there are not too many of them, in characters. */
const PIECE_CHARACTERS = 8_000;

/** A piece of a log. */
export interface LogPiece {
  /** Where it begins, in bytes; unique. */
  readonly offset: number;
  /** Whole lines. */
  readonly text: string;
}

/** The part of a log that is shown. */
export interface LogTail {
  /** The pieces, without a hole between them. */
  readonly pieces: readonly LogPiece[];
  /** Where the last one ends, in bytes. */
  readonly end: number;
}

/** A log of which nothing is known. */
export const EMPTY_TAIL: LogTail = { pieces: [], end: 0 };

/** Where the part begins, in bytes. */
export function startOf({ pieces, end }: LogTail): number {
  return pieces[0]?.offset ?? end;
}

/** Begins with the end of a log. */
export function tailOf({ text, offset, end }: InstanceLog): LogTail {
  return { pieces: text === "" ? [] : [{ offset, text }], end };
}

/**
 * Returns the tail with lines that were added to the log; what it has already changes nothing.
 *
 * @returns `undefined` if lines are missing before them.
 */
export function appended(tail: LogTail, log: InstanceLog): LogTail | undefined {
  if (log.end <= tail.end) return tail;
  if (log.offset !== tail.end) return undefined;
  return trimmed({ pieces: joined(tail.pieces, log), end: log.end });
}

/** Returns the tail with lines that come before it; those that do not end where it begins change nothing. */
export function prepended(tail: LogTail, { text, offset, end }: InstanceLog): LogTail {
  if (end !== startOf(tail) || text === "") return tail;
  return { ...tail, pieces: [{ offset, text }, ...tail.pieces] };
}

function joined(pieces: readonly LogPiece[], { offset, text }: InstanceLog): readonly LogPiece[] {
  const last = pieces.at(-1);
  if (last === undefined || last.text.length + text.length > PIECE_CHARACTERS) return [...pieces, { offset, text }];
  return [...pieces.slice(0, -1), { ...last, text: last.text + text }];
}

function trimmed(tail: LogTail): LogTail {
  let size = tail.pieces.reduce((sum, { text }) => sum + text.length, 0);
  if (size <= MAX_CHARACTERS) return tail;
  let gone = 0;
  while (size > KEPT_CHARACTERS && gone < tail.pieces.length - 1) size -= tail.pieces[gone++]!.text.length;
  return { ...tail, pieces: tail.pieces.slice(gone) };
}
