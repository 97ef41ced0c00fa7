/**
 * Reads fields of JSON that nobody has checked: what is of another type counts as absent.
 *
 * @module
 */

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Returns an object; an empty one for anything else. */
export function toObject(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as JsonObject : {};
}

/** Returns a list; an empty one for anything else. */
export function toArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Returns a text; an empty one for anything else. */
export function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Returns a finite number; `undefined` for anything else. */
export function toNumber(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

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
