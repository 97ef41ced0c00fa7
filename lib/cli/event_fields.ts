/**
 * Reads the fields of events whose shape is not known.
 *
 * @module
 */

import { type JsonObject, toArray, toObject, toText } from "../system/json_fields.ts";

/** The first of some fields that has a text or a number. */
export function firstText(payload: JsonObject, fields: readonly string[]): string {
  for (const field of fields) {
    const value = payload[field];
    if (typeof value === "string" && value !== "" || typeof value === "number") return String(value);
  }
  return "";
}

/** The blocks of a message's content. */
export function contentBlocks(payload: JsonObject): readonly JsonObject[] {
  const { content } = toObject(payload["message"]);
  return typeof content === "string" ? [{ type: "text", text: content }] : toArray(content).map(toObject);
}

/** The text of a block; blocks of other kinds are named, such as `[image]`. */
export function blockText(block: JsonObject): string {
  return block["type"] === "text" ? toText(block["text"]) : `[${toText(block["type"]) || "unknown"}]`;
}
