/**
 * What can be searched for in an agent's messages: what people and agents said, the names of tools, and their inputs.
 *
 * @module
 */

import type { AgentMessage, Json } from "./message_types.ts";

/** The most that is indexed of one message, in UTF-16 units. */
export const MAX_SEARCH_TEXT: number = 64 << 10;

/** Returns what can be searched for in a message, cut at {@linkcode MAX_SEARCH_TEXT}; `undefined` if there is nothing. */
export function searchText(message: AgentMessage): string | undefined {
  if (message.kind === "permission_request") return join([message.toolName, message.input]);
  if (message.kind !== "event" || (message.type !== "assistant" && message.type !== "user")) return undefined;
  return contentText(object(message.json.message)?.content);
}

/** Returns what can be searched for in the content of a message or a prompt: a text or a list of blocks. */
export function contentText(content: unknown): string | undefined {
  if (!Array.isArray(content)) return join([typeof content === "string" ? content : undefined]);
  return join(content.flatMap((value) => {
    const block = object(value);
    if (block?.type === "text") return [typeof block.text === "string" ? block.text : undefined];
    return block?.type === "tool_use" ? [block.name, block.input] : [];
  }));
}

function object(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Json : undefined;
}

/** Joins the texts that stand anywhere in the values. It walks without recursion, because inputs can be deep. */
function join(values: readonly unknown[]): string | undefined {
  const todo = values.toReversed();
  const texts: string[] = [];
  let length = 0;
  while (todo.length > 0 && length < MAX_SEARCH_TEXT) {
    const value = todo.pop();
    if (typeof value === "string" && value !== "") {
      texts.push(value);
      length += value.length + 1;
    } else if (typeof value === "object" && value !== null) {
      for (const inner of Object.values(value).reverse()) todo.push(inner);
    }
  }
  return texts.length === 0 ? undefined : cut(texts.join("\n"));
}

function cut(text: string): string {
  // A cut may fall between the two halves of a character.
  return text.length <= MAX_SEARCH_TEXT ? text : text.slice(0, MAX_SEARCH_TEXT).replace(/[\ud800-\udbff]$/, "");
}
