/**
 * Reads unified diffs, as git writes them.
 *
 * @module
 */

import { type DiffLine, linesOfPatch } from "./diff.ts";

/** A hunk, as far as it was read. */
interface Hunk {
  readonly oldStart: number;
  readonly newStart: number;
  readonly lines: string[];
  /** How many lines are still to come. */
  before: number;
  after: number;
}

/** Returns the lines of a diff of one file; what stands before its first hunk is left out. */
export function linesOfDiff(diff: string): readonly DiffLine[] {
  const hunks: Hunk[] = [];
  for (const line of diff.split("\n")) {
    const last = hunks.at(-1);
    if (last !== undefined && last.before + last.after > 0) addLine(last, line);
    else addHunk(hunks, line);
  }
  return linesOfPatch(hunks);
}

function addHunk(hunks: Hunk[], line: string): void {
  const found = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
  if (found === null) return;
  const [, oldStart, before = "1", newStart, after = "1"] = found;
  hunks.push({
    oldStart: Number(oldStart),
    newStart: Number(newStart),
    lines: [],
    before: Number(before),
    after: Number(after),
  });
}

/** The numbers of a hunk, and not what a line looks like, tell where it ends. */
function addLine(hunk: Hunk, line: string): void {
  if (line.startsWith("\\")) return;
  if (!line.startsWith("+")) hunk.before--;
  if (!line.startsWith("-")) hunk.after--;
  // Some programs cut the space of an empty line.
  hunk.lines.push(line === "" ? " " : line);
}
