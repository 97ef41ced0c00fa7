/**
 * The difference between two texts, line by line.
 *
 * @module
 */

import { structuredPatch } from "diff";
import { toArray, toNumber, toObject, toText } from "./fields.ts";

/** How many unchanged lines are shown around a change. */
const CONTEXT_LINES = 3;
/** How long a difference may take to find, in milliseconds; beyond it, all of one text replaces all of the other. */
const MAX_MS = 200;
/** The longest texts whose changed lines are counted, in characters. */
const MAX_COUNTED = 20_000;

/** A line of a difference. */
export interface DiffLine {
  /** Whether it is in both texts, was added, was removed, or stands for unchanged lines that are not shown. */
  readonly kind: "same" | "added" | "removed" | "gap";
  /** The line, without its end; empty for a gap. */
  readonly text: string;
  /** Its number in the text before, from 1. */
  readonly before?: number;
  /** Its number in the text after, from 1. */
  readonly after?: number;
}

/** Returns how a text has changed, with a few lines around each change; nothing if it has not. */
export function diffOf(before: string, after: string): readonly DiffLine[] {
  if (before === after) return [];
  const [old, now] = withLastLineEnds(before, after);
  const patch = structuredPatch("", "", old, now, undefined, undefined, { context: CONTEXT_LINES, timeout: MAX_MS });
  if (patch === undefined) return [...linesOf(old, "removed"), ...linesOf(now, "added")];
  return patch.hunks.flatMap((hunk, i) => {
    const startsLate = i > 0 || (hunk.oldStart > 1 && hunk.newStart > 1);
    return [...startsLate ? [GAP] : [], ...hunkLines(hunk)];
  });
}

/** Returns the lines of a patch, as the agent reports it; nobody has checked it. */
export function linesOfPatch(hunks: readonly unknown[]): readonly DiffLine[] {
  return hunks.flatMap((each, i) => {
    const { oldStart, newStart, lines } = toObject(each);
    const hunk = {
      oldStart: toNumber(oldStart) ?? 1,
      newStart: toNumber(newStart) ?? 1,
      lines: toArray(lines).map(toText),
    };
    const startsLate = i > 0 || (hunk.oldStart > 1 && hunk.newStart > 1);
    return [...startsLate ? [GAP] : [], ...hunkLines(hunk)];
  });
}

/** Returns the lines of a file as the agent reads it, with numbers and arrows; `undefined` if it does not look so. */
export function numberedLines(text: string): readonly DiffLine[] | undefined {
  const lines = text.replace(/\n$/, "").split("\n").map((line) => /^\s*(\d{1,9})[→\t]([^]*)$/.exec(line));
  // What the agent adds for the model follows the lines.
  const end = lines.findIndex((line) => line === null);
  const numbered = end < 0 ? lines : lines.slice(0, end);
  if (numbered.length === 0) return undefined;
  return numbered.map((line) => ({ kind: "same", text: line![2]!, after: Number(line![1]) }));
}

/** Returns how many lines some replacements add and remove; `undefined` where it would take long to find out. */
export function changeOf(
  replacements: readonly { readonly before: string; readonly after: string }[],
): { readonly added: number; readonly removed: number } | undefined {
  const size = replacements.reduce(
    (sum, { before, after }) => sum + (before === "" ? 0 : before.length + after.length),
    0,
  );
  if (size > MAX_COUNTED) return undefined;
  const kinds = replacements.flatMap(({ before, after }) =>
    before === "" ? linesOf(after, "added") : diffOf(before, after)
  );
  const count = (wanted: DiffLine["kind"]) => kinds.filter(({ kind }) => kind === wanted).length;
  return { added: count("added"), removed: count("removed") };
}

const GAP: DiffLine = { kind: "gap", text: "" };

/** A text without an end of its last line is a part of a file: what would be said about it is of no use. */
function withLastLineEnds(before: string, after: string): readonly [string, string] {
  if (before.endsWith("\n") && after.endsWith("\n")) return [before, after];
  if (before === "" && after.endsWith("\n") || after === "" && before.endsWith("\n")) return [before, after];
  const end = (text: string) => text === "" ? text : `${text}\n`;
  return [end(before), end(after)];
}

function linesOf(text: string, kind: "added" | "removed"): DiffLine[] {
  if (text === "") return [];
  const side = kind === "added" ? "after" : "before";
  return text.replace(/\n$/, "").split("\n").map((line, i) => ({ kind, text: line, [side]: i + 1 }));
}

interface Hunk {
  readonly oldStart: number;
  readonly newStart: number;
  readonly lines: readonly string[];
}

function hunkLines({ oldStart, newStart, lines }: Hunk): DiffLine[] {
  let before = oldStart;
  let after = newStart;
  const result: DiffLine[] = [];
  for (const line of lines) {
    const text = line.slice(1);
    switch (line[0]) {
      case "+":
        result.push({ kind: "added", text, after: after++ });
        break;
      case "-":
        result.push({ kind: "removed", text, before: before++ });
        break;
      case " ":
        result.push({ kind: "same", text, before: before++, after: after++ });
    }
  }
  return result;
}
