/**
 * Encoding of all JSON that is sent: compact, with the contract's escapes (contract: Framing and JSON).
 *
 * @module
 */

import type { JsonMember, JsonNode } from "./json_document.ts";

const ESCAPED = /[<>&\u2028\u2029]/g;
const NEEDS_ESCAPE = /[<>&\u2028\u2029]/;

/**
 * Encodes a value as one line of JSON. Fields keep the object's order; `<`, `>`, `&`, U+2028 and U+2029 are escaped,
 * other text is literal UTF-8.
 *
 * @param value Plain data; members that are `undefined` are left out.
 */
export function encodeJson(value: unknown): string {
  const text = JSON.stringify(value);
  return NEEDS_ESCAPE.test(text) ? text.replace(ESCAPED, toEscape) : text;
}

function toEscape(char: string): string {
  return "\\u" + char.charCodeAt(0).toString(16).padStart(4, "0");
}

/**
 * Encodes a parsed value as the contract echoes an id: numbers are rounded to float64, object keys are sorted by their
 * UTF-8 bytes and the last duplicate is kept, arrays are unchanged (contract: Framing and JSON).
 *
 * @throws {RangeError} If a number does not fit a float64.
 */
export function encodeId(node: JsonNode): string {
  const out: string[] = [];
  const todo: (JsonNode | string)[] = [node];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (typeof next === "string") out.push(next);
    else if (next.kind === "array") pushReversed(todo, arrayParts(next.items));
    else if (next.kind === "object") pushReversed(todo, objectParts(next.members));
    else out.push(encodeScalar(next));
  }
  return out.join("");
}

/** Pushes items one by one: spreading hundreds of thousands of arguments overflows the stack. */
function pushReversed<T>(stack: T[], items: readonly T[]): void {
  for (let i = items.length - 1; i >= 0; i--) stack.push(items[i]!);
}

function encodeScalar(node: Exclude<JsonNode, { kind: "array" | "object" }>): string {
  switch (node.kind) {
    case "null":
      return "null";
    case "boolean":
      return String(node.value);
    case "string":
      return encodeJson(node.value);
    case "number":
      return encodeNumber(node.literal);
  }
}

function encodeNumber(literal: string): string {
  const value = Number(literal);
  if (!Number.isFinite(value)) throw new RangeError(`Cannot encode number: ${literal} is out of range`);
  return Object.is(value, -0) ? "-0" : String(value);
}

function arrayParts(items: readonly JsonNode[]): (JsonNode | string)[] {
  const parts: (JsonNode | string)[] = ["["];
  for (const [index, item] of items.entries()) {
    if (index > 0) parts.push(",");
    parts.push(item);
  }
  parts.push("]");
  return parts;
}

function objectParts(members: readonly JsonMember[]): (JsonNode | string)[] {
  const sorted = [...new Map(members)].sort(([a], [b]) => compareUtf8(a, b));
  const parts: (JsonNode | string)[] = ["{"];
  for (const [index, [key, value]] of sorted.entries()) {
    parts.push((index > 0 ? "," : "") + encodeJson(key) + ":", value);
  }
  parts.push("}");
  return parts;
}

/** Compares two well-formed strings by their UTF-8 bytes, which is the order of their code points. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Ranks a UTF-16 unit. Surrogates stand for code points above all others, so they rank after U+FFFF. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
