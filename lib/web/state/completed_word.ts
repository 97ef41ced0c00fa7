/**
 * The word before the cursor that can be completed: a command at the beginning of a prompt, or a file anywhere in it.
 *
 * @module
 */

/** A word that can be completed. */
export interface CompletedWord {
  /** What it is. */
  readonly kind: "command" | "file";
  /** What was typed of it, without the sign before it. */
  readonly text: string;
  /** Where it begins, with its sign. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
}

/** Returns the word that ends at a cursor, if it can be completed. */
export function wordAt(text: string, cursor: number): CompletedWord | undefined {
  const before = text.slice(0, cursor);
  const command = /^\/([^\s/]*)$/.exec(before);
  if (command !== null) return { kind: "command", text: command[1]!, start: 0, end: cursor };
  const file = /(?:^|[\s("'`])@([^\s@]*)$/.exec(before);
  if (file === null) return undefined;
  return { kind: "file", text: file[1]!, start: cursor - file[1]!.length - 1, end: cursor };
}

/** Puts a text in the place of a word, with a space after it; returns where the cursor belongs then. */
export function replaceWord(
  text: string,
  { start, end }: CompletedWord,
  replacement: string,
): { readonly text: string; readonly cursor: number } {
  const space = /^\s/.test(text.slice(end)) ? "" : " ";
  return { text: text.slice(0, start) + replacement + space + text.slice(end), cursor: start + replacement.length + 1 };
}
