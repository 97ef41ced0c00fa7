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
  /** Where the part is that another part replaces in the line that takes its place, as offsets. */
  readonly changed?: readonly [start: number, end: number];
}

/** Returns how a text has changed, with a few lines around each change; nothing if it has not. */
export function diffOf(before: string, after: string): readonly DiffLine[] {
  if (before === after) return [];
  const [old, now] = withLastLineEnds(before, after);
  const patch = structuredPatch("", "", old, now, undefined, undefined, { context: CONTEXT_LINES, timeout: MAX_MS });
  if (patch === undefined) return [...linesOf(old, "removed"), ...linesOf(now, "added")];
  return withChangedParts(patch.hunks.flatMap((hunk, i) => {
    const startsLate = i > 0 || (hunk.oldStart > 1 && hunk.newStart > 1);
    return [...startsLate ? [GAP] : [], ...hunkLines(hunk)];
  }));
}

/** Marks in lines that replace as many others what differs in each. */
function withChangedParts(lines: readonly DiffLine[]): readonly DiffLine[] {
  const result = [...lines];
  for (let start = 0; start < lines.length;) {
    const removed = runLength(lines, start, "removed");
    const added = runLength(lines, start + removed, "added");
    for (let i = 0; removed === added && i < removed; i++) {
      const [before, after] = [lines[start + i]!, lines[start + removed + i]!];
      const parts = changedParts(before.text, after.text);
      if (parts === undefined) continue;
      result[start + i] = { ...before, changed: parts[0] };
      result[start + removed + i] = { ...after, changed: parts[1] };
    }
    start += Math.max(1, removed + added);
  }
  return result;
}

function runLength(lines: readonly DiffLine[], start: number, kind: DiffLine["kind"]): number {
  let end = start;
  while (lines[end]?.kind === kind) end++;
  return end - start;
}

type Part = readonly [start: number, end: number];

/** What lies between the common beginning and the common end of two lines; `undefined` if they have little in common. */
function changedParts(before: string, after: string): readonly [Part, Part] | undefined {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  // A character of two halves is not torn apart.
  if (/[\ud800-\udbff]/.test(before[start - 1] ?? "")) start--;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  if (end > 0 && /[\udc00-\udfff]/.test(before.at(-end) ?? "")) end--;
  const common = before.slice(0, start).trim().length + before.slice(before.length - end).trim().length;
  if (common * 3 < shorter) return undefined;
  return [[start, before.length - end], [start, after.length - end]];
}

/** Returns the lines of a patch, as the agent reports it; nobody has checked it. */
export function linesOfPatch(hunks: readonly unknown[]): readonly DiffLine[] {
  return withChangedParts(hunks.flatMap((each, i) => {
    const { oldStart, newStart, lines } = toObject(each);
    const hunk = {
      oldStart: toNumber(oldStart) ?? 1,
      newStart: toNumber(newStart) ?? 1,
      lines: toArray(lines).map(toText),
    };
    const startsLate = i > 0 || (hunk.oldStart > 1 && hunk.newStart > 1);
    return [...startsLate ? [GAP] : [], ...hunkLines(hunk)];
  }));
}

/**
 * Returns the lines of a file as the agent reads it, with numbers and arrows, and what follows them: the agent adds notes
 * for the model.
 */
export function numberedLines(text: string): { readonly lines: readonly DiffLine[]; readonly rest: string } {
  const lines: DiffLine[] = [];
  const all = text.replace(/\n$/, "").split("\n");
  for (const line of all) {
    const [, number, content] = /^\s*(\d{1,9})[→\t]([^]*)$/.exec(line) ?? [];
    if (number === undefined || content === undefined) break;
    lines.push({ kind: "same", text: content, after: Number(number) });
  }
  return { lines, rest: all.slice(lines.length).join("\n") };
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
