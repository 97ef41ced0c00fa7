/**
 * Describes the events of the hub's own: prompts, permissions, and what has become of the session.
 *
 * @module
 */

import type { SessionEvent } from "../sessions/types.ts";
import type { Context, EventTextOptions } from "./event_context.ts";
import { blockText, firstText } from "./event_fields.ts";
import { describeUnknown, dim, error, layOut, type Part, you } from "./event_part.ts";
import { type JsonObject, toArray, toNumber, toObject, toText } from "../system/json_fields.ts";
import { answerCommands, describePermission, type ShownPermission } from "./permission_text.ts";
import { formatBytes } from "./progress_bar.ts";

/** Describes what has become of a prompt. */
export function describePrompt(payload: JsonObject, event: SessionEvent, { memory }: Context): readonly Part[] {
  const id = toText(payload["prompt_id"]);
  const prompt = payload["prompt"];
  if (prompt !== undefined) memory.prompts.set(id, promptText(prompt));
  const text = memory.prompts.get(id) ?? `prompt ${id}`;
  switch (stateOf(payload, event)) {
    case "queued":
      return [dim("queued", text)];
    case "edited":
      return [dim("edited", text)];
    case "moved":
      return [dim(`moved to position ${firstText(payload, ["position"])}`, text)];
    case "sent": {
      if (memory.sent.has(id)) return [dim("sent again", text)];
      memory.sent.add(id);
      return [you("you", text)];
    }
    case "returned":
      return [dim("waits again", text)];
    case "removed":
      memory.prompts.delete(id);
      return [dim("removed", text)];
    case "done":
      memory.prompts.delete(id);
      memory.sent.delete(id);
      return [];
    default:
      return describeUnknown(payload, event);
  }
}

/** Returns the id of the prompt that an event says to be in a state; `undefined` for any other event. */
export function promptIn(state: string, event: SessionEvent): string | undefined {
  if (event.type !== "prompt") return undefined;
  const payload = toObject(event.payload);
  return stateOf(payload, event) === state ? toText(payload["prompt_id"]) : undefined;
}

/** What has become of something that the hub keeps. */
function stateOf(payload: JsonObject, { subtype }: SessionEvent): string {
  return toText(payload["state"]) || (subtype ?? "");
}

/** The text of a prompt; blocks of other kinds are named, such as `[image]`. */
export function promptText(prompt: unknown): string {
  return typeof prompt === "string" ? prompt : toArray(prompt).map(toObject).map(blockText).join("\n");
}

/** Describes what has become of a permission. */
export function describePermissionEvent(payload: JsonObject, event: SessionEvent, context: Context): readonly Part[] {
  const { memory, pending } = context;
  const id = toText(payload["permission_id"]);
  const state = stateOf(payload, event);
  if (state !== "asked") {
    const permission = memory.permissions.get(id);
    memory.permissions.delete(id);
    const what = permission === undefined ? `permission ${id}` : describePermission(permission)[0]!;
    return [dim(decisionText(payload, state), what)];
  }
  const permission = {
    id,
    tool_name: toText(payload["tool_name"]),
    input: payload["input"],
    description: toText(payload["description"]),
    covers: toText(payload["covers"]),
  };
  memory.permissions.set(id, permission);
  const [first = "", ...more] = describePermission(permission);
  return [
    { label: "asks", text: [first, ...more].join("\n"), lines: "all", emphasis: "yellow" },
    ...(pending === undefined || pending.has(id) ? commandParts(permission, context) : []),
  ];
}

function commandParts(permission: ShownPermission, { session }: EventTextOptions): Part[] {
  return answerCommands(permission, session).map(([what, command]) => (
    { label: what, text: command, lines: "whole", emphasis: "yellow", isIndented: true }
  ));
}

/** Formats the commands that answer a permission, for one that was shown without them. */
export function formatAnswerCommands(permission: ShownPermission, options: EventTextOptions): string {
  return commandParts(permission, options).map((part) => layOut(part, options)).join("\n");
}

const DECISIONS: Readonly<Record<string, string>> = {
  allow: "allowed",
  allow_session: "allowed for the session",
  deny: "denied",
};

function decisionText(payload: JsonObject, state: string): string {
  const decision = toText(payload["decision"]);
  if (decision === "") return state || "permission";
  const by = toText(payload["by"]);
  const message = toText(payload["message"]);
  const what = Object.hasOwn(DECISIONS, decision) ? DECISIONS[decision]! : decision;
  return `${what}${by === "" ? "" : ` by ${by}`}${message === "" ? "" : ` (${message})`}`;
}

/** Statuses that say nothing which the events around them do not say. */
const SILENT_STATUSES: ReadonlySet<string> = new Set(["idle", "active", "waiting_permission"]);

/** Describes the status of the session. */
export function describeStatus(payload: JsonObject): readonly Part[] {
  const status = toText(payload["status"]);
  const isInTerminal = payload["mode"] === "interactive";
  if (SILENT_STATUSES.has(status) && !isInTerminal) return [];
  return [dim("status", `${status} ${isInTerminal ? "in a terminal " : ""}${reasonOf(payload)}`.trim())];
}

/** Describes in which mode the session goes on. */
export function describeMode(payload: JsonObject): readonly Part[] {
  const mode = toText(payload["permission_mode"]);
  if (mode !== "") return [dim("permission mode", mode)];
  const conversation = toText(payload["claude_session_id"]);
  if (conversation !== "") return [dim("note", `the conversation goes on as ${conversation}`)];
  const reason = toText(payload["reason"]);
  return [reason === "" ? dim("mode", toText(payload["mode"])) : error("terminal", reason)];
}

/** A line that the agent printed, or that it was too long to store. */
export function outputText(payload: JsonObject): string {
  const bytes = toNumber(payload["bytes"]);
  return bytes === undefined ? toText(payload["text"]) : `a line of ${formatBytes(bytes)}, too long to store`;
}

function reasonOf(payload: JsonObject): string {
  const reason = firstText(payload, ["reason", "error", "message"]);
  return reason === "" ? "" : `(${reason})`;
}
