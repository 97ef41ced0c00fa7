/**
 * Reads fields of JSON that nobody has checked, and says how large they are.
 *
 * @module
 */

export { type JsonObject, toArray, toNumber, toObject, toText } from "../../system/json_fields.ts";

/** What a value that is no text or list takes at least, in characters. */
const SMALL = 8;
/** Deeper than this, a value is not looked into. */
const MAX_DEPTH = 8;

/** Returns about how large a value is, in characters of its JSON. */
export function weigh(value: unknown, depth = 0): number {
  if (typeof value === "string") return value.length + SMALL;
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return SMALL;
  let weight = SMALL;
  for (const part of Array.isArray(value) ? value : Object.values(value)) weight += weigh(part, depth + 1) + SMALL;
  return weight;
}
