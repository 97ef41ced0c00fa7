/**
 * Changing one value in a JSON text and nothing else: numbers, unknown keys, their order and all white space stay as
 * they are.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";

/** Something on the way to a value is no object, so that the value cannot be set without losing something. */
export class NoObjectError extends ClaustrumError {
  /**
   * Creates the error.
   *
   * @param path The keys that lead to what is no object.
   */
  constructor(path: readonly string[]) {
    super(path.length === 0 ? "it is no object" : `${path.map((key) => JSON.stringify(key)).join(".")} is no object`);
  }
}

/** A member of an object, as positions in the text. */
interface Member {
  readonly key: string;
  /** Where the value starts. */
  readonly start: number;
  /** The position after the value. */
  readonly end: number;
}

/**
 * Sets a value.
 *
 * @param text A JSON text; must be valid.
 * @param path The keys that lead to the value. Objects that are missing are added.
 * @param value The value.
 * @throws {NoObjectError} If something on the way is there and is no object.
 */
export function setInJson(text: string, path: readonly string[], value: unknown): string {
  let at = skipSpace(text, 0);
  for (const [depth, key] of path.entries()) {
    if (text[at] !== "{") throw new NoObjectError(path.slice(0, depth));
    const members = readMembers(text, at);
    // Of several members with one key, the last one counts.
    const member = members.findLast((one) => one.key === key);
    if (member === undefined) {
      const rest = path.slice(depth + 1).reduceRight((inner, name) => ({ [name]: inner }), value);
      return insertMember(text, at, members, `${JSON.stringify(key)}:${JSON.stringify(rest)}`);
    }
    if (depth === path.length - 1) return text.slice(0, member.start) + JSON.stringify(value) + text.slice(member.end);
    at = member.start;
  }
  throw new RangeError("Cannot set a value without a path");
}

/** Adds a member at the end of an object, with the white space that stands before its first one. */
function insertMember(text: string, object: number, members: readonly Member[], member: string): string {
  const last = members.at(-1)?.end ?? object + 1;
  const space = members.length === 0 ? "" : text.slice(object + 1, skipSpace(text, object + 1));
  return `${text.slice(0, last)}${members.length === 0 ? "" : ","}${space}${member}${text.slice(last)}`;
}

function readMembers(text: string, object: number): Member[] {
  const members: Member[] = [];
  let at = skipSpace(text, object + 1);
  while (text[at] !== "}") {
    if (text[at] === ",") at = skipSpace(text, at + 1);
    const keyEnd = skipString(text, at);
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = skipValue(text, start);
    members.push({ key: JSON.parse(text.slice(at, keyEnd)), start, end });
    at = skipSpace(text, end);
  }
  return members;
}

function skipSpace(text: string, at: number): number {
  while (at < text.length && " \t\n\r".includes(text[at]!)) at++;
  return at;
}

function skipString(text: string, at: number): number {
  for (at++; text[at] !== '"'; at++) if (text[at] === "\\") at++;
  return at + 1;
}

/** Skips a value of any depth without recursion. */
function skipValue(text: string, at: number): number {
  let depth = 0;
  do {
    const char = text[at]!;
    if (char === '"') at = skipString(text, at);
    else {
      if (char === "{" || char === "[") depth++;
      if (char === "}" || char === "]") depth--;
      at++;
    }
  } while (at < text.length && (depth > 0 || !",}] \t\n\r".includes(text[at]!)));
  return at;
}
