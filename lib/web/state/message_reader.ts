/**
 * Reads the messages of a conversation: what the agent says and does, and what is said to it.
 *
 * @module
 */

import type { ContentBlock, SessionEvent } from "../../sessions/types.ts";
import { type JsonObject, toArray, toObject, toText } from "../text/fields.ts";
import type { ToolResult } from "./conversation_entry.ts";
import type { Read, Reading } from "./event_reading.ts";

/** Matches what the agent writes in the place of a person who interrupts it. */
const INTERRUPTION = /^\[Request interrupted by user.*\]$/;
/** Matches how the agent writes down a command such as `/cost` that a person typed in a terminal. */
const TYPED_COMMAND = /^<command-name>([^<]*)<\/command-name>[^]*?(?:<command-args>([^<]*)<\/command-args>|$)/;
/** Matches what such a command printed. */
const COMMAND_OUTPUT = /^<local-command-std(?:out|err)>([^]*)<\/local-command-std(?:out|err)>$/;

/** Adds what the agent says and does. */
export const readAssistant: Read = (reader, event, payload) => {
  const parent = parentOf(payload);
  const isAborted = payload["aborted"] === true;
  if (isApiError(payload)) return addApiError(reader, event, payload);
  for (const block of contentBlocks(payload)) {
    switch (block["type"]) {
      case "text":
        if (toText(block["text"]).trim() === "") break;
        reader.add(event, { kind: "answer", text: toText(block["text"]), isAborted, ...parent });
        break;
      case "thinking":
        if (toText(block["thinking"]).trim() === "") break;
        reader.add(event, { kind: "thinking", text: toText(block["thinking"]), ...parent });
        break;
      case "redacted_thinking":
        break;
      default:
        addBlock(reader, event, block, parent);
    }
  }
};

type Parent = { readonly parent?: string };

function addBlock(reader: Reading, event: SessionEvent, block: JsonObject, parent: Parent): void {
  const [name, toolId] = [toText(block["name"]), toText(block["id"])];
  if (resultOf(block, event) !== undefined) return addToolResult(reader, event, block, parent);
  if (name === "" || toolId === "") {
    reader.add(event, { kind: "unknown", label: toText(block["type"]) || "message", json: block });
    return;
  }
  const { input } = block;
  const key = reader.add(event, { kind: "tool", key: toolKey(toolId), toolId, name, input, ...parent });
  reader.memory.openCalls.push({ key, name, input: JSON.stringify(input) ?? "" });
}

/** The key of the call of a tool. */
export function toolKey(toolId: string): string {
  return `t:${toolId}`;
}

/** Whether a message is the text of an error of the model's API. */
function isApiError(payload: JsonObject): boolean {
  return payload["is_api_error_message"] === true || payload["isApiErrorMessage"] === true ||
    toText(payload["error"]) !== "";
}

function addApiError(reader: Reading, event: SessionEvent, payload: JsonObject): void {
  const text = textOf(contentBlocks(payload));
  reader.memory.failure = text;
  reader.add(event, { kind: "error", title: "The model's API failed", text });
}

/** Adds what is said to the agent: results of tools, and prompts that did not come from the hub. */
export const readUser: Read = (reader, event, payload) => {
  const parent = parentOf(payload);
  const blocks = contentBlocks(payload);
  const said = blocks.filter((block) => resultOf(block, event) === undefined);
  for (const block of blocks) {
    if (!said.includes(block)) addToolResult(reader, event, block, parent, payload);
  }
  if (said.length > 0) addSaid(reader, event, payload, said, parent);
};

function addSaid(
  reader: Reading,
  event: SessionEvent,
  payload: JsonObject,
  said: readonly JsonObject[],
  parent: Parent,
): void {
  const text = textOf(said);
  if (INTERRUPTION.test(text.trim())) {
    // The end of the turn says it again, and takes the place of this note.
    reader.memory.interruption = reader.add(event, { kind: "note", key: `i:${event.id}`, text: "Interrupted" });
    return;
  }
  if (payload["isReplay"] === true) return; // the hub's own prompts are events of the hub
  if (payload["isCompactSummary"] === true) {
    reader.note(event, "Summary of the conversation so far", text);
    return;
  }
  if (payload["isMeta"] === true || payload["isSynthetic"] === true) {
    reader.note(event, "A note to the agent", text);
    return;
  }
  const output = COMMAND_OUTPUT.exec(text.trim())?.[1];
  if (output !== undefined) {
    reader.note(event, "Output of the command", output);
    return;
  }
  if (parent.parent !== undefined && isPromptOf(reader, parent.parent, text)) return;
  const from = parent.parent === undefined ? "terminal" : "agent";
  reader.add(event, {
    kind: "prompt",
    content: typedCommand(text) ?? promptContent(said),
    state: "sent",
    from,
    ...parent,
  });
}

/** Whether a call of a tool that starts an agent shows the prompt already. */
function isPromptOf(reader: Reading, toolId: string, text: string): boolean {
  const call = reader.sink.get(toolKey(toolId));
  return call?.kind === "tool" && toText(toObject(call.input)["prompt"]).trim() === text.trim();
}

function typedCommand(text: string): string | undefined {
  const [found, name = "", rest = ""] = TYPED_COMMAND.exec(text.trim()) ?? [];
  return found === undefined ? undefined : `${name} ${rest}`.trim();
}

function promptContent(blocks: readonly JsonObject[]): readonly ContentBlock[] {
  return blocks.map((block) => ({ ...block, type: toText(block["type"]) }));
}

function addToolResult(
  reader: Reading,
  event: SessionEvent,
  block: JsonObject,
  parent: Parent,
  payload: JsonObject = {},
): void {
  const toolId = toText(block["tool_use_id"]);
  const patch = toArray(toObject(payload["tool_use_result"] ?? payload["toolUseResult"])["structuredPatch"]);
  const result = { ...resultOf(block, event)!, ...(patch.length === 0 ? {} : { patch }) };
  const { openCalls } = reader.memory;
  const at = openCalls.findIndex(({ key }) => key === toolKey(toolId));
  if (at >= 0) openCalls.splice(at, 1);
  const key = `r:${toolId}`;
  reader.sink.addResult({ kind: "loose_result", key, event: event.id, at: event.at, toolId, result, ...parent });
}

/** The result of a tool in a block; `undefined` if it is none. */
function resultOf(block: JsonObject, { id, at }: SessionEvent): ToolResult | undefined {
  if (toText(block["tool_use_id"]) === "" || !toText(block["type"]).endsWith("tool_result")) return undefined;
  return { event: id, at, isError: block["is_error"] === true, content: block["content"] };
}

function parentOf(payload: JsonObject): Parent {
  const parent = toText(payload["parent_tool_use_id"]);
  return parent === "" ? {} : { parent };
}

function contentBlocks(payload: JsonObject): readonly JsonObject[] {
  const { content } = toObject(payload["message"]);
  return typeof content === "string" ? [{ type: "text", text: content }] : toArray(content).map(toObject);
}

function textOf(blocks: readonly JsonObject[]): string {
  return blocks.map((block) => toText(block["text"])).join("\n");
}
