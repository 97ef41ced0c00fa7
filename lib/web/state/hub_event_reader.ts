/**
 * Reads the hub's own events about prompts and permissions.
 *
 * @module
 */

import { type JsonObject, toText } from "../text/fields.ts";
import type { ToolPermission } from "./conversation_entry.ts";
import type { Read, Reading } from "./event_reading.ts";

/** The key of a prompt of the hub. */
export function promptKey(promptId: string): string {
  return `p:${promptId}`;
}

/** Adds a prompt once it is sent; until then it is in the queue, which is shown elsewhere. */
export const readPrompt: Read = (reader, event, payload) => {
  const id = toText(payload["prompt_id"]);
  if (payload["prompt"] !== undefined) reader.sink.notePrompt(id, event, payload["prompt"]);
  switch (toText(payload["state"]) || event.subtype) {
    case "sent":
      return reader.sink.addPrompt(id, event);
    case "returned":
      reader.sink.change(promptKey(id), (entry) => entry.kind === "prompt" ? { ...entry, state: "returned" } : entry);
      return;
    case "removed":
      if (reader.sink.change(promptKey(id), () => undefined)) reader.note(event, "A prompt that waited was removed.");
  }
};

/** Says of the call of a tool that it was asked about, and what was answered. */
export const readPermission: Read = (reader, event, payload) => {
  const id = toText(payload["permission_id"]);
  const state = toText(payload["state"]) || (event.subtype ?? "");
  if (state === "asked") return noteAsked(reader, id, payload);
  const asked = reader.memory.permissions.get(id);
  reader.memory.permissions.delete(id);
  const permission = answerOf(id, state, payload);
  if (asked?.key !== undefined && setPermission(reader, asked.key, permission)) return;
  reader.note(event, `${asked?.toolName || "A tool"}: ${permissionText(permission)}`);
};

/** The event names the tool and its input, but not the call. */
function noteAsked(reader: Reading, id: string, payload: JsonObject): void {
  const { permissions, openCalls } = reader.memory;
  const toolName = toText(payload["tool_name"]);
  const input = JSON.stringify(payload["input"]) ?? "";
  const at = openCalls.findIndex((call) => call.name === toolName && call.input === input);
  const [call] = at < 0 ? [] : openCalls.splice(at, 1);
  permissions.set(id, { key: call?.key, toolName });
  if (call !== undefined) setPermission(reader, call.key, { id, state: "asked" });
}

function setPermission(reader: Reading, key: string, permission: ToolPermission): boolean {
  return reader.sink.change(key, (entry) => entry.kind === "tool" ? { ...entry, permission } : entry);
}

function answerOf(id: string, state: string, payload: JsonObject): ToolPermission {
  const decision = toText(payload["decision"]);
  const [by, message] = [toText(payload["by"]), toText(payload["message"])];
  if (state === "cancelled" || decision === "") return { id, state: "cancelled" };
  return {
    id,
    state: decision === "deny" ? "denied" : "allowed",
    ...(by === "" ? {} : { by }),
    ...(message === "" ? {} : { message }),
    ...(decision === "allow_session" ? { isForSession: true } : {}),
  };
}

/** Says in words what was answered. */
export function permissionText({ state, by, isForSession }: ToolPermission): string {
  const who = by === undefined ? "" : ` by ${by}`;
  if (state === "asked") return "waits for an answer";
  if (state === "cancelled") return "the question was taken back";
  return `${state}${isForSession ? " for the session" : ""}${who}`;
}
