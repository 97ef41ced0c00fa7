/**
 * Reads fields of JSON whose shape is not known.
 *
 * @module
 */

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Returns a value if it is an object, else an empty object. */
export function toObject(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as JsonObject : {};
}

/** Returns a value if it is an array, else an empty array. */
export function toArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Returns a value if it is a string, else an empty string. */
export function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Returns a value if it is a number. */
export function toNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
