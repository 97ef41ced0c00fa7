/**
 * The results of tools, in a size that a model can read: long texts are cut, long lists end early, and both are said.
 *
 * @module
 */

import type { CallToolResult } from "@modelcontextprotocol/sdk/types";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { toObject } from "../../system/json_fields.ts";

/** The longest text within a result, in characters. */
const MAX_TEXT = 4_000;
/** The longest payload of an event and input of a tool, in characters of its JSON. */
const MAX_FIELD = 16_000;
/** The longest list, in characters of its JSON. */
const MAX_LIST = 60_000;
/** The longest result, in characters of its JSON. */
const MAX_RESULT = 200_000;

/** The fields that are replaced with their size if they are too long, as the hub does with much longer ones. */
const LARGE_FIELDS = ["payload", "input"] as const;

/** How a result is shortened. */
export interface ShorteningOptions {
  /** Whether texts are left whole. @default {false} */
  readonly hasWholeTexts?: boolean;
  /** Whether a list that is too long keeps its last items. @default {false: its first ones} */
  readonly keepsLast?: boolean;
}

/**
 * Makes the result of a tool from what the hub returned.
 *
 * @throws {ClaustrumError} If the result is too long all the same.
 */
export function toToolResult(
  value: unknown,
  { hasWholeTexts = false, keepsLast = false }: ShorteningOptions = {},
): CallToolResult {
  if (Array.isArray(value)) return listResult(value, keepsLast);
  const json = hasWholeTexts ? JSON.stringify(value) : shortJson(value);
  if (json.length > MAX_RESULT) {
    throw new ClaustrumError(
      `the result has ${json.length} characters, more than the ${MAX_RESULT} that are allowed: ask for less`,
    );
  }
  return { content: [{ type: "text", text: json }], structuredContent: { ...toObject(JSON.parse(json)) } };
}

/** Makes the result of a tool that failed. */
export function failedResult(message: string): CallToolResult {
  return { content: [{ type: "text", text: message }], isError: true };
}

function listResult(list: readonly unknown[], keepsLast: boolean): CallToolResult {
  const items: string[] = [];
  let length = 0;
  for (const item of keepsLast ? list.toReversed() : list) {
    const json = shortJson(withoutLargeFields(item));
    length += json.length + 1;
    if (items.length > 0 && length > MAX_LIST) break;
    items.push(json);
  }
  if (keepsLast) items.reverse();
  const content: CallToolResult["content"] = [{ type: "text", text: `[${items.join(",")}]` }];
  if (items.length < list.length) {
    const which = `${keepsLast ? "last" : "first"} ${items.length} of ${list.length}`;
    content.push({ type: "text", text: `These are the ${which}; the others are too long for one result.` });
  }
  return { content };
}

function withoutLargeFields(item: unknown): unknown {
  const object = toObject(item);
  const large = LARGE_FIELDS.flatMap((field) => {
    const { length } = shortJson(object[field]);
    return length > MAX_FIELD ? [[field, { truncated: length }]] : [];
  });
  return large.length === 0 ? item : { ...object, ...Object.fromEntries(large) };
}

/** Returns the JSON of a value in which long texts are cut. */
function shortJson(value: unknown): string {
  return JSON.stringify(value, (_key, each) => typeof each === "string" ? cut(each) : each) ?? "null";
}

function cut(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  // The cut may fall between the two halves of a character.
  const start = text.slice(0, MAX_TEXT).replace(/[\ud800-\udbff]$/, "");
  return `${start}… (cut: ${text.length} characters)`;
}
