/**
 * Reading what `git diff` prints: which files differ, how much, and how.
 *
 * @module
 */

import type { ChangedFile } from "./types.ts";

/** A file that differs, without its diff. */
export type DiffEntry = Omit<ChangedFile, "diff">;

const CHANGES: Readonly<Record<string, ChangedFile["change"]>> = { A: "added", D: "deleted", R: "renamed" };

/** Reads what `git diff --raw --numstat -z` prints. */
export function parseEntries(text: string): DiffEntry[] {
  const fields = text.split("\0");
  const changes = new Map<string, ChangedFile["change"]>();
  const entries: DiffEntry[] = [];
  for (let i = 0; i < fields.length;) {
    const field = fields[i++]!;
    if (field.startsWith(":")) {
      const letter = field.slice(field.lastIndexOf(" ") + 1)[0] ?? "";
      const isPair = letter === "R" || letter === "C";
      const path = fields[isPair ? i + 1 : i] ?? "";
      i += isPair ? 2 : 1;
      changes.set(path, CHANGES[letter] ?? "modified");
      continue;
    }
    const [, added, removed, name] = /^(-|\d+)\t(-|\d+)\t(.*)$/s.exec(field) ?? [];
    if (name === undefined) continue;
    // With a former path, both paths follow as fields of their own.
    const former = name === "" ? fields[i] ?? "" : undefined;
    const path = name === "" ? fields[i + 1] ?? "" : name;
    if (name === "") i += 2;
    const change = changes.get(path) ?? "modified";
    entries.push({
      path,
      ...(former === undefined ? {} : { former_path: former }),
      change,
      added: added === "-" ? null : Number(added),
      removed: removed === "-" ? null : Number(removed),
    });
  }
  return entries;
}

/**
 * Splits what `git diff` prints into the diffs of files.
 *
 * @param text The diffs, made with the prefixes `a/` and `b/`.
 * @param entries The files that were asked for.
 * @returns The diffs by path; binary files have none.
 */
export function splitPatch(text: string, entries: readonly DiffEntry[]): Map<string, string> {
  const headers = new Map(entries.map((entry) => [headerOf(entry), entry.path]));
  const diffs = new Map<string, string>();
  // Not with the flag m: to that, more characters than "\n" end a line, and a file may contain them before anything.
  for (const section of text.split(/(?<=\n)(?=diff --git )/)) {
    const path = headers.get(section.slice(0, section.indexOf("\n")));
    if (path === undefined || /^Binary files .* differ$/m.test(headOf(section))) continue;
    // A file that has become another kind of file is removed and added: two diffs with one header.
    diffs.set(path, (diffs.get(path) ?? "") + section);
  }
  return diffs;
}

/** What stands before the first hunk. */
function headOf(section: string): string {
  const hunk = section.indexOf("\n@@");
  return hunk < 0 ? section : section.slice(0, hunk);
}

function headerOf({ path, former_path: former = path }: DiffEntry): string {
  return `diff --git ${quoted(`a/${former}`)} ${quoted(`b/${path}`)}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  '"': '\\"',
  "\\": "\\\\",
};

/** Quotes a path as git does in headers, with `core.quotePath` off. */
export function quoted(path: string): string {
  // deno-lint-ignore no-control-regex
  const unusual = /[\x00-\x1f\x7f"\\]/g;
  if (path.search(unusual) < 0) return path;
  const octal = (char: string) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`;
  return `"${path.replaceAll(unusual, (char) => ESCAPES[char] ?? octal(char))}"`;
}
