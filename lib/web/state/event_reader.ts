/**
 * Reads events: what each one says, as entries of a conversation.
 *
 * @module
 */

import type { SessionEvent } from "../../sessions/types.ts";
import { type JsonObject, toNumber, toObject, toText } from "../text/fields.ts";
import type { Read, Reading } from "./event_reading.ts";
import { readPermission, readPrompt } from "./hub_event_reader.ts";
import { readAssistant, readUser } from "./message_reader.ts";
import { readResult, retryOf } from "./turn_reader.ts";

/** The most lines that one entry of output has. */
const OUTPUT_LINES = 200;

/** Reads an event. */
export function readEvent(reader: Reading, event: SessionEvent): void {
  const payload = toObject(event.payload);
  const bytes = toNumber(payload["truncated"]);
  if (bytes !== undefined && Object.keys(payload).length === 1) return addLarge(reader, event, bytes);
  const read = Object.hasOwn(READERS, event.type) ? READERS[event.type]! : readUnknown;
  read(reader, event, payload);
}

/** The key of an event that is too large to be loaded with others. */
export function largeKey(event: number): string {
  return `l:${event}`;
}

function addLarge(reader: Reading, event: SessionEvent, bytes: number): void {
  // A prompt is looked for when it is sent.
  if (event.type === "prompt") return;
  reader.add(event, { kind: "large", key: largeKey(event.id), type: event.type, bytes });
}

const READERS: Readonly<Record<string, Read>> = {
  assistant: readAssistant,
  user: readUser,
  result: readResult,
  system: readSystem,
  prompt: readPrompt,
  permission: readPermission,
  status: readStatus,
  mode: readMode,
  stderr: readOutput,
  stdout: readOutput,
  gap(reader, event, payload) {
    reader.add(event, { kind: "gap", missing: toNumber(payload["missing_frames"]) });
  },
  rate_limit_event: readRateLimit,
  conversation_reset(reader, event) {
    reader.note(event, "The conversation was cleared. A new one begins.");
  },
  command_lifecycle() {},
};

/** Subtypes of `system` that say nothing which other events do not say. */
const SILENT: ReadonlySet<string> = new Set(["session_state_changed", "task_updated", "background_tasks_changed"]);

function readSystem(reader: Reading, event: SessionEvent, payload: JsonObject): void {
  const subtype = event.subtype ?? toText(payload["subtype"]);
  if (SILENT.has(subtype)) return;
  switch (subtype) {
    case "init":
      noteModel(reader, event, toText(payload["model"]));
      return noteMode(reader, event, toText(payload["permissionMode"]));
    case "status":
      return noteMode(reader, event, toText(payload["permissionMode"]));
    case "api_retry":
      return addRetry(reader, event, payload);
    case "compact_boundary": {
      const tokens = toNumber(toObject(payload["compact_metadata"])["pre_tokens"]);
      const before = tokens === undefined ? "" : ` It had ${tokens.toLocaleString("en")} tokens.`;
      reader.note(event, `The conversation was compacted.${before}`);
      return;
    }
    case "permission_denied":
      reader.add(event, {
        kind: "error",
        title: `${toText(payload["tool_name"]) || "A tool"} was denied`,
        text: toText(payload["message"]),
      });
      return;
    case "task_notification":
      reader.note(event, toText(payload["summary"]) || toText(payload["message"]) || "A task in the background ended.");
      return;
    default:
      return readUnknown(reader, event, payload);
  }
}

/** Fields that are in every message and say nothing to a person. */
const ENVELOPE: ReadonlySet<string> = new Set(["type", "subtype", "uuid", "session_id"]);

function readUnknown(reader: Reading, event: SessionEvent, payload: JsonObject): void {
  const subtype = event.subtype ?? toText(payload["subtype"]);
  const rest = Object.entries(payload).filter(([key]) => !ENVELOPE.has(key));
  const label = subtype === "" ? event.type : `${event.type} ${subtype}`;
  reader.add(event, { kind: "unknown", label, json: rest.length > 0 ? Object.fromEntries(rest) : event.payload });
}

function noteMode(reader: Reading, event: SessionEvent, mode: string): void {
  const { memory } = reader;
  if (mode === "" || mode === memory.mode) return;
  if (memory.mode !== undefined) reader.note(event, `Permission mode: ${mode}`);
  memory.mode = mode;
}

function noteModel(reader: Reading, event: SessionEvent, model: string): void {
  const { memory } = reader;
  if (model === "" || model === memory.model) return;
  if (memory.model !== undefined) reader.note(event, `Model: ${model}`);
  memory.model = model;
}

/** A retry takes the place of the one before. */
function addRetry(reader: Reading, event: SessionEvent, payload: JsonObject): void {
  const last = reader.sink.last();
  if (last?.kind === "retry") reader.sink.change(last.key, () => undefined);
  reader.add(event, retryOf(event, payload));
}

/** Statuses that say nothing which the events around them do not say. */
const USUAL: ReadonlySet<string> = new Set(["starting", "idle", "active", "waiting_permission"]);

function readStatus(reader: Reading, event: SessionEvent, payload: JsonObject): void {
  const { memory } = reader;
  const status = toText(payload["status"]) || (event.subtype ?? "");
  const reason = toText(payload["reason"]);
  const isInTerminal = payload["mode"] === "interactive";
  if (isInTerminal !== (memory.isInTerminal ?? false)) {
    reader.note(
      event,
      isInTerminal ? "The session was opened in a terminal." : "The session came back from the terminal.",
    );
  }
  memory.isInTerminal = isInTerminal;
  if (USUAL.has(status)) return;
  if (status === "stopped" || status === "error") reader.sink.noteTurnEnd(event);
  if (status === "error" || status === "not_resumed") {
    const title = status === "error" ? "The session ended with an error" : "The session was not resumed";
    reader.add(event, { kind: "error", title, text: reason });
    return;
  }
  const what = status === "stopped" ? "The session was stopped." : status === "held" ? "The queue waits." : status;
  reader.note(event, reason === "" ? what : `${what} ${sentence(reason)}`);
}

function sentence(text: string): string {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}

function readMode(reader: Reading, event: SessionEvent, payload: JsonObject): void {
  const mode = toText(payload["permission_mode"]);
  if (mode !== "") return noteMode(reader, event, mode);
  const reason = toText(payload["reason"]);
  if (reason !== "") {
    reader.add(event, { kind: "error", title: "The terminal", text: reason });
    return;
  }
  const conversation = toText(payload["claude_session_id"]);
  reader.note(
    event,
    conversation === "" ? `Mode: ${toText(payload["mode"])}` : "The conversation goes on under a new id.",
  );
}

function readOutput(reader: Reading, event: SessionEvent, payload: JsonObject): void {
  const stream = event.type === "stderr" ? "stderr" : "stdout";
  const bytes = toNumber(payload["bytes"]);
  const line = bytes === undefined ? toText(payload["text"]) : `A line of ${bytes} bytes is too long to be stored.`;
  const last = reader.sink.last();
  if (last?.kind === "output" && last.stream === stream && last.lines.length < OUTPUT_LINES) {
    reader.sink.change(last.key, () => ({ ...last, lines: [...last.lines, line] }));
    return;
  }
  reader.add(event, { kind: "output", stream, lines: [line] });
}

function readRateLimit(reader: Reading, event: SessionEvent, payload: JsonObject): void {
  const info = toObject(payload["rate_limit_info"]);
  const status = toText(info["status"]);
  if (status === "allowed") return;
  const seconds = toNumber(info["resetsAt"]);
  const until = seconds === undefined ? "" : ` It ends at ${new Date(seconds * 1000).toLocaleString("en")}.`;
  reader.note(event, `Rate limit: ${status.replaceAll("_", " ") || "unknown"}.${until}`);
}
