/**
 * Reads fields of JSON that nobody has checked: what is of another type counts as absent.
 *
 * @module
 */

import { isJsonObject, type JsonObject } from "./json_object.ts";

export type { JsonObject } from "./json_object.ts";

/** Returns a value if it is an object, else an empty object. */
export function toObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** Returns a value if it is an array, else an empty array. */
export function toArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Returns a value if it is a string, else an empty string. */
export function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Returns a value if it is a finite number. */
export function toNumber(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
