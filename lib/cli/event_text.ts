/**
 * Shows events of a session to people: who said what, tools and their results, permissions, errors.
 *
 * @module
 */

import type { SessionEvent } from "../sessions/types.ts";
import { type JsonObject, toArray, toNumber, toObject, toText } from "./json_fields.ts";
import { answerCommands, describePermission, type ShownPermission } from "./permission_text.ts";
import { formatBytes } from "./progress_bar.ts";
import { cutToWidth, type Emphasis, emphasize, stripControls, toOneLine, wrapText } from "./terminal_text.ts";
import { describeToolInput } from "./tool_text.ts";

/** How events are shown. */
export interface EventTextOptions {
  /** The width of the terminal; `Infinity` if there is none. */
  readonly columns: number;
  /** Whether colours may be used. */
  readonly isColored: boolean;
  /** The name of the session, for commands to copy. */
  readonly session: string;
  /** What was said in events before. @default {nothing} */
  readonly memory?: EventMemory;
  /** The ids of the permissions that wait: only they are shown with the commands that answer them. @default {all} */
  readonly pending?: ReadonlySet<string>;
}

/** What was in earlier events that later ones refer to. */
export class EventMemory {
  /** The texts of prompts, by id. */
  readonly prompts: Map<string, string> = new Map();
  /** The ids of prompts that were sent. */
  readonly sent: Set<string> = new Set();
  /** Permissions that were asked for, by id. */
  readonly permissions: Map<string, ShownPermission> = new Map();
  /** Why the turn failed, if that was shown before the turn's end. */
  failure: string | undefined;
}

/** How many lines of a result or a thought are shown. */
const FOLDED_LINES = 5;
/** How much of a long text is looked at when only its first lines are shown, in characters. */
const FOLDED_CHARACTERS = 20_000;
const INDENT = "  ";
const INTERRUPTED = "the turn was interrupted";
/** Narrower than this, text is not wrapped any further. */
const MIN_COLUMNS = 20;

/** A part of an event: a label, such as `agent`, and a text. */
interface Part {
  readonly label: string;
  readonly text: string;
  readonly emphasis?: Emphasis;
  /** `one`: a line, cut to the width. `few`: the first lines. `all`: wrapped. `whole`: lines that are never cut. */
  readonly lines: "one" | "few" | "all" | "whole";
  /** Whether the text is emphasized too, and not only the label. */
  readonly isEmphasizedWhole?: boolean;
  /** Whether it belongs to the part before. */
  readonly isIndented?: boolean;
}

/** Options with the optional ones filled in. */
type Context = EventTextOptions & { readonly memory: EventMemory };

type Describe = (payload: JsonObject, event: SessionEvent, context: Context) => readonly Part[];

/**
 * Formats an event for a person. Control characters in it become visible or are removed.
 *
 * @returns One or more lines; `undefined` if the event says nothing to a person.
 */
export function formatEvent(event: SessionEvent, options: EventTextOptions): string | undefined {
  const { memory = new EventMemory() } = options;
  const context = { ...options, memory };
  const payload = toObject(event.payload);
  const truncated = toNumber(payload["truncated"]);
  const describe = Object.hasOwn(DESCRIPTIONS, event.type) ? DESCRIPTIONS[event.type]! : describeUnknown;
  const parts = truncated === undefined
    ? describe(payload, event, context)
    : [dim(event.type, `${formatBytes(truncated)}, too long to show`)];
  return parts.length === 0 ? undefined : parts.map((part) => layOut(part, options)).join("\n");
}

const DESCRIPTIONS: Readonly<Record<string, Describe>> = {
  assistant: describeAssistant,
  user: describeUser,
  result: describeResult,
  system: describeSystem,
  prompt: describePrompt,
  permission: describePermissionEvent,
  status: describeStatus,
  mode: describeMode,
  stderr: (payload) => [{ label: "stderr", text: outputText(payload), lines: "all", emphasis: "yellow" }],
  stdout: (payload) => [{ label: "stdout", text: outputText(payload), lines: "few", emphasis: "dim" }],
  gap: (payload) => [error("gap", `${firstText(payload, ["missing_frames"]) || "some"} frames of output are lost`)],
  rate_limit_event: describeRateLimit,
  conversation_reset: () => [dim("note", "the conversation was cleared; a new one begins")],
  command_lifecycle: () => [],
};

function dim(label: string, text: string): Part {
  return { label, text, lines: "one", emphasis: "dim", isEmphasizedWhole: true };
}

function error(label: string, text: string): Part {
  return { label, text, lines: "all", emphasis: "red", isEmphasizedWhole: true };
}

function describeUnknown(payload: JsonObject, { type, subtype }: SessionEvent): readonly Part[] {
  const label = subtype === undefined ? type : `${type} ${subtype}`;
  return [dim(label, JSON.stringify(payload))];
}

function describeAssistant(payload: JsonObject, _event: SessionEvent, { memory }: Context): readonly Part[] {
  const speaker = speakerOf(payload, "agent");
  if (isApiError(payload)) memory.failure = contentBlocks(payload).map(blockText).join("\n");
  const parts = contentBlocks(payload).flatMap((block) => describeAssistantBlock(block, speaker, isApiError(payload)));
  return payload["aborted"] === true ? [...parts, dim("note", "the answer was interrupted")] : parts;
}

function describeAssistantBlock(block: JsonObject, speaker: string, isError: boolean): readonly Part[] {
  switch (block["type"]) {
    case "text":
      if (isError) return [error("error", toText(block["text"]))];
      return [{ label: speaker, text: toText(block["text"]), lines: "all", emphasis: "green" }];
    case "thinking":
      return [{ ...dim(`${speaker} thinks`, toText(block["thinking"])), lines: "few" }];
    case "redacted_thinking":
      return [];
    default: {
      const tool = toText(block["name"]);
      if (tool === "") return [dim(speaker, JSON.stringify(block))];
      const text = describeToolInput(tool, block["input"]);
      return [{ label: speaker === "agent" ? tool : `${speaker}: ${tool}`, text, lines: "one", emphasis: "cyan" }];
    }
  }
}

/** Whether a message of the agent is the text of an error of the model's API. */
export function isApiError(payload: JsonObject): boolean {
  return payload["is_api_error_message"] === true || payload["isApiErrorMessage"] === true ||
    toText(payload["error"]) !== "";
}

/** Whether a message belongs to an agent that the session's own agent has started. */
function speakerOf(payload: JsonObject, speaker: string): string {
  return toText(payload["parent_tool_use_id"]) === "" ? speaker : `sub-${speaker}`;
}

function describeUser(payload: JsonObject, _event: SessionEvent, { memory }: Context): readonly Part[] {
  return contentBlocks(payload).flatMap((block): readonly Part[] => {
    if (block["type"] === "tool_result") return [describeToolResult(block)];
    const text = blockText(block);
    if (/^\[Request interrupted by user.*\]$/.test(text)) {
      memory.failure = INTERRUPTED;
      return [dim("note", INTERRUPTED)];
    }
    if (payload["isMeta"] === true || payload["isSynthetic"] === true) return [dim("note", text)];
    if (toText(payload["parent_tool_use_id"]) !== "") return [{ ...dim("agent to sub-agent", text), lines: "few" }];
    return [you("you", text)];
  });
}

function describeToolResult(block: JsonObject): Part {
  const { content } = block;
  const text = typeof content === "string" ? content : toArray(content).map(toObject).map(blockText).join("\n");
  const shown = text.trim() === "" ? "(nothing)" : text;
  if (block["is_error"] === true) return { ...error("failed", shown), lines: "few", isIndented: true };
  return { ...dim("result", shown), lines: "few", isIndented: true };
}

function you(label: string, text: string): Part {
  return { label, text, lines: "all", emphasis: "bold" };
}

function describePrompt(payload: JsonObject, event: SessionEvent, { memory }: Context): readonly Part[] {
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

function describePermissionEvent(payload: JsonObject, event: SessionEvent, context: Context): readonly Part[] {
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

function describeStatus(payload: JsonObject): readonly Part[] {
  const status = toText(payload["status"]);
  const isInTerminal = payload["mode"] === "interactive";
  if (SILENT_STATUSES.has(status) && !isInTerminal) return [];
  return [dim("status", `${status} ${isInTerminal ? "in a terminal " : ""}${reasonOf(payload)}`.trim())];
}

function describeMode(payload: JsonObject): readonly Part[] {
  const mode = toText(payload["permission_mode"]);
  if (mode !== "") return [dim("permission mode", mode)];
  const conversation = toText(payload["claude_session_id"]);
  if (conversation !== "") return [dim("note", `the conversation goes on as ${conversation}`)];
  const reason = toText(payload["reason"]);
  return [reason === "" ? dim("mode", toText(payload["mode"])) : error("terminal", reason)];
}

/** A line that the agent printed, or that it was too long to store. */
function outputText(payload: JsonObject): string {
  const bytes = toNumber(payload["bytes"]);
  return bytes === undefined ? toText(payload["text"]) : `a line of ${formatBytes(bytes)}, too long to store`;
}

function describeResult(payload: JsonObject, _event: SessionEvent, { memory }: Context): readonly Part[] {
  const isOwnTurn = toText(toObject(payload["origin"])["kind"]) === "task-notification";
  const shown = memory.failure;
  memory.failure = undefined;
  if (payload["is_error"] === true) {
    const reason = resultError(payload);
    return reason === shown ? [] : [error("error", reason)];
  }
  const seconds = toNumber(payload["duration_ms"]);
  const cost = toNumber(payload["total_cost_usd"]);
  const facts = [
    ...(isOwnTurn ? ["a turn that the agent started by itself"] : []),
    ...(seconds === undefined ? [] : [`${(seconds / 1000).toFixed(1)} s`]),
    ...(cost === undefined ? [] : [`$${cost.toFixed(4)} since the agent started`]),
  ];
  return [dim("done", facts.join(", "))];
}

/** Says why a turn failed, from the agent's `result`. */
export function resultError(payload: JsonObject): string {
  const reason = toText(payload["terminal_reason"]);
  if (reason.startsWith("aborted")) return INTERRUPTED;
  const errors = toArray(payload["errors"]).map(toText).filter((text) => text !== "");
  return toText(payload["result"]) || errors.join("; ") || toText(payload["subtype"]) || "the turn failed";
}

function describeSystem(payload: JsonObject, event: SessionEvent): readonly Part[] {
  const subtype = event.subtype ?? toText(payload["subtype"]);
  const describe = Object.hasOwn(SYSTEM_DESCRIPTIONS, subtype) ? SYSTEM_DESCRIPTIONS[subtype]! : describeUnknownSystem;
  return describe(payload);
}

const SYSTEM_DESCRIPTIONS: Readonly<Record<string, (payload: JsonObject) => readonly Part[]>> = {
  init: (payload) => [dim("turn", `model ${toText(payload["model"])}, mode ${toText(payload["permissionMode"])}`)],
  status(payload) {
    const mode = toText(payload["permissionMode"]);
    return mode === "" ? [] : [dim("permission mode", mode)];
  },
  session_state_changed: () => [],
  api_retry: (payload) => [error("retry", describeRetry(payload))],
  compact_boundary: () => [dim("note", "the conversation was compacted")],
  permission_denied: (payload) => [
    error("denied", [toText(payload["tool_name"]), toText(payload["message"])].join(": ")),
  ],
  task_updated: () => [],
  background_tasks_changed: () => [],
  task_notification: (payload) => [dim("background", firstText(payload, ["summary", "message"]) || "a task has ended")],
};

function describeUnknownSystem(payload: JsonObject): readonly Part[] {
  const { type: _type, uuid: _uuid, session_id: _session, subtype, ...rest } = payload;
  return [dim(toText(subtype) || "system", JSON.stringify(rest))];
}

function describeRetry(payload: JsonObject): string {
  const [attempt, most] = [toNumber(payload["attempt"]), toNumber(payload["max_retries"])];
  const delay = toNumber(payload["retry_delay_ms"]) ?? 0;
  const why = [toNumber(payload["error_status"]), toText(payload["error"])].filter(Boolean).join(" ");
  const count = attempt === undefined ? "" : `attempt ${attempt}${most === undefined ? "" : ` of ${most}`} `;
  return `the model's API failed${why === "" ? "" : ` (${why})`}: ${count}follows in ${(delay / 1000).toFixed(1)} s`;
}

/**
 * Returns when the agent asks the model's API again after a failure, in milliseconds since the epoch; `undefined` for
 * any other event.
 */
export function retryTime({ type, subtype, at, payload }: SessionEvent): number | undefined {
  const fields = toObject(payload);
  if (type !== "system" || (subtype ?? fields["subtype"]) !== "api_retry") return undefined;
  const time = Date.parse(at) + (toNumber(fields["retry_delay_ms"]) ?? 0);
  return Number.isNaN(time) ? undefined : time;
}

function describeRateLimit(payload: JsonObject): readonly Part[] {
  const info = toObject(payload["rate_limit_info"]);
  const status = toText(info["status"]);
  if (status === "allowed") return [];
  const resetsAt = new Date((toNumber(info["resetsAt"]) ?? NaN) * 1000);
  const until = Number.isNaN(resetsAt.valueOf()) ? "" : ` until ${resetsAt.toISOString()}`;
  return [dim("rate limit", `${status || JSON.stringify(payload)}${until}`)];
}

function reasonOf(payload: JsonObject): string {
  const reason = firstText(payload, ["reason", "error", "message"]);
  return reason === "" ? "" : `(${reason})`;
}

/** The first of some fields that has a text or a number. */
function firstText(payload: JsonObject, fields: readonly string[]): string {
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

function blockText(block: JsonObject): string {
  return block["type"] === "text" ? toText(block["text"]) : `[${toText(block["type"]) || "unknown"}]`;
}

function layOut(part: Part, options: EventTextOptions): string {
  const indent = part.isIndented ? INDENT : "";
  const label = toOneLine(part.label);
  const [first = "", ...more] = linesOf(part, label, Math.max(MIN_COLUMNS, options.columns) - indent.length);
  const { emphasis } = part;
  const paint = (text: string) =>
    emphasis === undefined || !options.isColored || text === "" ? text : emphasize(text, emphasis);
  const head = part.isEmphasizedWhole
    ? paint(first)
    : paint(first.slice(0, label.length + 1)) + first.slice(label.length + 1);
  return [head, ...more.map((line) => part.isEmphasizedWhole ? paint(line) : line)]
    .map((line) => indent + line).join("\n");
}

function linesOf({ text, lines }: Part, label: string, columns: number): string[] {
  switch (lines) {
    case "one":
      return [cutToWidth(`${label}: ${toOneLine(text.slice(0, FOLDED_CHARACTERS))}`.trimEnd(), columns)];
    case "whole":
      return [`${label}: ${toOneLine(text)}`];
    case "all":
      return indented(wrapped(label, stripControls(text), columns));
    case "few": {
      const all = wrapped(label, stripControls(text.slice(0, FOLDED_CHARACTERS)), columns);
      const missing = all.length - FOLDED_LINES + text.slice(FOLDED_CHARACTERS).split("\n").length - 1;
      if (all.length <= FOLDED_LINES && text.length <= FOLDED_CHARACTERS) return indented(all);
      return indented([...all.slice(0, FOLDED_LINES), `… ${missing > 1 ? `${missing} more lines` : "more"}`]);
    }
  }
}

function wrapped(label: string, text: string, columns: number): string[] {
  return wrapText(`${label}: ${text.trimEnd()}`.trimEnd(), columns - INDENT.length);
}

function indented([first = "", ...more]: readonly string[]): string[] {
  return [first, ...more.map((line) => INDENT + line)];
}
