/**
 * What a line of a transcript shows of a conversation.
 *
 * @module
 */

import { asJsonObject, type JsonObject, parseJsonLine } from "../system/json_object.ts";

/** Something that a line says. */
export type SpokenLine =
  | { readonly kind: "prompt"; readonly text: string; readonly at: string | undefined }
  | {
    readonly kind: "answer";
    readonly text: string;
    readonly at: string | undefined;
  }
  | { readonly kind: "title"; readonly text: string; readonly rank: number };

/** The members of lines that give a conversation a title, and how much a title of the kind counts. */
const TITLES: Readonly<Record<string, readonly [member: string, rank: number]>> = {
  "custom-title": ["customTitle", 3],
  "ai-title": ["aiTitle", 2],
  "summary": ["summary", 1],
};
/** What the CLI itself adds to a conversation on behalf of the user, and nobody has typed. */
const ADDED = /^\s*<(?:command-|local-command-|bash-|system-reminder|task-notification|user-memory-input)/;
/** What the CLI notes in the user's name when a turn was interrupted. */
const INTERRUPTION = /^\[Request interrupted by user[^\]]*\]$/;
/** The longest text of a line that is kept, in characters. */
const MAX_TEXT = 200_000;

/** Reads a line; `undefined` if nothing in it was said by people or agents. */
export function parseSpoken(line: string): SpokenLine | undefined {
  const record = parseJsonLine(line);
  if (record === undefined) return undefined;
  const type = string(record["type"]) ?? "";
  const at = string(record["timestamp"]);
  if (Object.hasOwn(TITLES, type)) return titleOf(record, type);
  if (type === "attachment") return absorbedPrompt(asJsonObject(record["attachment"]), at);
  if (type !== "user" && type !== "assistant") return undefined;
  if (record["isMeta"] === true || record["isSidechain"] === true || record["isCompactSummary"] === true) {
    return undefined;
  }
  const content = asJsonObject(record["message"])?.["content"];
  const blocks = blocksOf(content);
  // What a tool returns is sent in the user's name.
  if (type === "user" && blocks.some((block) => block["type"] === "tool_result")) return undefined;
  const text = typeof content === "string" ? content : blocks.map(blockText).filter(isFull).join("\n\n");
  if (text.trim() === "" || type === "user" && ADDED.test(text)) return undefined;
  const isPrompt = type === "user" && !INTERRUPTION.test(text);
  return { kind: isPrompt ? "prompt" : "answer", text: text.slice(0, MAX_TEXT), at };
}

/** A conversation's title; an empty one counts for nothing. */
function titleOf(record: JsonObject, type: string): SpokenLine | undefined {
  const [member, rank] = TITLES[type]!;
  const text = string(record[member]) ?? string(record["title"]);
  return text === undefined || text.trim() === "" ? undefined : { kind: "title", text, rank };
}

/** A prompt that was taken into a running turn has no line of its own. */
function absorbedPrompt(attachment: JsonObject | undefined, at: string | undefined): SpokenLine | undefined {
  if (attachment?.["type"] !== "queued_command") return undefined;
  const prompt = attachment["prompt"];
  const text = typeof prompt === "string" ? prompt : blocksOf(prompt).map(blockText).filter(isFull).join("\n\n");
  return text.trim() === "" || ADDED.test(text) ? undefined : { kind: "prompt", text: text.slice(0, MAX_TEXT), at };
}

function blocksOf(content: unknown): JsonObject[] {
  return Array.isArray(content) ? content.map(asJsonObject).filter((block) => block !== undefined) : [];
}

/** What a block says; tools and images are named, and what tools return is left out. */
function blockText(block: JsonObject): string {
  switch (block["type"]) {
    case "text":
      return string(block["text"]) ?? "";
    case "tool_use":
    case "server_tool_use":
      return `[${string(block["name"]) ?? "tool"}]`;
    case "image":
      return "[image]";
    case "document":
      return "[document]";
    default:
      return "";
  }
}

function isFull(text: string): boolean {
  return text.trim() !== "";
}

function string(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
