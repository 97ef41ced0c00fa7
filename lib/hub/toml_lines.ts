/**
 * Where keys stand in a TOML text, for messages: the parser does not tell.
 *
 * @module
 */

const BARE = /^[A-Za-z0-9_-]+$/;
/** A dotted key at the start of a line, or in the brackets of a table. */
const KEY =
  /^\s*(\[{0,2})\s*((?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*(?:=|\]{1,2})/;
const PART = /"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+/g;
const MULTILINE_QUOTES = /"""|'''/g;

/** Returns a key as it is written in TOML. */
export function keyText(parts: readonly string[]): string {
  return parts.map((part) => BARE.test(part) ? part : JSON.stringify(part)).join(".");
}

/**
 * Returns the line of a key, or of the nearest table or inline table that contains it.
 *
 * @param parts The parts of the key.
 * @param tableIndex Which table of a list, as `[[webhooks]]`, contains the key, from 0. @default {the key is in no list}
 * @returns The number of the line, from 1; `undefined` if it is not found.
 */
export function lineOfKey(text: string, parts: readonly string[], tableIndex?: number): number | undefined {
  let table: readonly string[] = [];
  /** How many tables of the list have begun. A list of inline tables has none. */
  let tables = 0;
  let found: { readonly line: number; readonly length: number } | undefined;
  let isInText = false;
  for (const [index, line] of text.split("\n").entries()) {
    const match = isInText ? null : KEY.exec(line);
    if ((line.match(MULTILINE_QUOTES)?.length ?? 0) % 2 === 1) isInText = !isInText;
    if (match === null) continue;
    const own = [...match[2]!.matchAll(PART)].map(([part]) => unquote(part));
    const whole = match[1] === "" ? [...table, ...own] : own;
    if (match[1] !== "") table = own;
    const isPrefix = whole.length <= parts.length && whole.every((part, i) => part === parts[i]);
    if (isPrefix && match[1] === "[[") tables++;
    if (tableIndex !== undefined && tables > 0 && tables !== tableIndex + 1) continue;
    if (isPrefix && whole.length > (found?.length ?? 0)) found = { line: index + 1, length: whole.length };
  }
  return found?.line;
}

function unquote(part: string): string {
  if (part.startsWith("'")) return part.slice(1, -1);
  if (!part.startsWith('"')) return part;
  try {
    return JSON.parse(part);
  } catch (error) {
    if (error instanceof SyntaxError) return part; // an escape that only TOML has
    throw error;
  }
}
