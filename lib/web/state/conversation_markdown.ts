/**
 * Writes a conversation as Markdown, for the clipboard.
 *
 * @module
 */

import type { SessionEvent } from "../../sessions/types.ts";
import { withoutControls } from "../text/ansi.ts";
import { toArray, toObject, toText } from "../text/fields.ts";
import { toolSummary } from "../text/tool_summary.ts";
import { Conversation } from "./conversation.ts";
import type { Entry, ToolEntry } from "./conversation_entry.ts";

/** How many events are read at a time. */
const PAGE = 500;
/** How much of a tool's result is copied, in characters. */
const MAX_RESULT = 4_000;

/** Writes entries as Markdown. */
export function conversationMarkdown(entries: readonly Entry[]): string {
  return entries.map(sectionOf).filter((text) => text !== "").join("\n\n") + "\n";
}

/** Writes an entry as Markdown, without saying who speaks. */
export function entryMarkdown(entry: Entry): string {
  switch (entry.kind) {
    case "prompt":
      return contentText(entry.content);
    case "answer":
    case "thinking":
      return entry.text.trim();
    case "tool":
      return toolText(entry);
    case "loose_result":
      return fenced(cut(contentText(entry.result.content)));
    case "turn_end":
      return entry.outcome === "done"
        ? ""
        : `*${entry.outcome}${entry.reason === undefined ? "" : `: ${entry.reason}`}*`;
    case "error":
      return `**${entry.title}**${entry.text === "" ? "" : `: ${entry.text}`}`;
    case "note":
      return `*${entry.text}*`;
    case "gap":
      return `*${entry.missing ?? "Some"} messages are missing*`;
    case "large":
      return `*A message of ${entry.bytes} bytes is left out*`;
    case "output":
      return fenced(withoutControls(entry.lines.join("\n")));
    case "retry":
    case "unknown":
      return "";
  }
}

function sectionOf(entry: Entry): string {
  const text = entryMarkdown(entry);
  if (text === "") return "";
  if (entry.kind === "prompt") return `## ${entry.from === "agent" ? "Prompt for a subagent" : "Prompt"}\n\n${text}`;
  if (entry.kind === "answer") return `## ${entry.parent === undefined ? "Agent" : "Subagent"}\n\n${text}`;
  if (entry.kind === "thinking") return text.split("\n").map((line) => `> ${line}`).join("\n");
  return text;
}

function toolText({ name, input, result }: ToolEntry): string {
  const { command, ...rest } = toObject(input);
  const line = `**${name}** ${inlineCode(toolSummary(name, input, ""))}`;
  const given = name === "Bash" && typeof command === "string"
    ? fenced(command, "sh")
    : Object.keys(rest).length > 1
    ? fenced(JSON.stringify(input, undefined, 2), "json")
    : "";
  const returned = result === undefined ? "" : fenced(cut(withoutControls(contentText(result.content))));
  return [line, given, returned].filter((part) => part !== "").join("\n\n");
}

function inlineCode(text: string): string {
  if (text === "") return "";
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const marks = "`".repeat(longest + 1);
  return longest === 0 ? `\`${text}\`` : `${marks} ${text} ${marks}`;
}

/** Puts a text into a fence that nothing in it can close. */
function fenced(text: string, language = ""): string {
  if (text.trim() === "") return "";
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

function cut(text: string): string {
  return text.length > MAX_RESULT ? `${text.slice(0, MAX_RESULT)}\n…` : text;
}

function contentText(content: unknown): string {
  if (typeof content === "string") return content.trim();
  const texts = toArray(content).map(toObject).map(({ type, text }) => type === "text" ? toText(text) : `[${type}]`);
  return texts.join("\n").trim();
}

/**
 * Writes a whole session as Markdown.
 *
 * @param read Returns events after one, the oldest first.
 */
export async function sessionMarkdown(
  read: (params: { after: number; limit: number }) => Promise<readonly SessionEvent[]>,
): Promise<string> {
  const conversation = new Conversation();
  for (;;) {
    const page = await read({ after: conversation.last?.id ?? 0, limit: PAGE });
    if (page.length === 0) return conversationMarkdown(conversation.entries);
    conversation.append(page);
  }
}
