/**
 * Describes the events of an agent: what it said, which tools it called, and how its turns ended.
 *
 * @module
 */

import type { SessionEvent } from "../sessions/types.ts";
import type { Context } from "./event_context.ts";
import { blockText, contentBlocks, firstText } from "./event_fields.ts";
import { dim, error, type Part, you } from "./event_part.ts";
import { type JsonObject, toArray, toNumber, toObject, toText } from "../system/json_fields.ts";
import { describeToolInput } from "./tool_text.ts";

const INTERRUPTED = "the turn was interrupted";

/** Describes a message of the agent. */
export function describeAssistant(payload: JsonObject, _event: SessionEvent, { memory }: Context): readonly Part[] {
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

/** Describes a message to the agent: what a person said, or what a tool returned. */
export function describeUser(payload: JsonObject, _event: SessionEvent, { memory }: Context): readonly Part[] {
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

/** Describes the end of a turn. */
export function describeResult(payload: JsonObject, _event: SessionEvent, { memory }: Context): readonly Part[] {
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

/** Describes what the agent says of itself. */
export function describeSystem(payload: JsonObject, event: SessionEvent): readonly Part[] {
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

/** Describes how much the agent may still ask of the model. */
export function describeRateLimit(payload: JsonObject): readonly Part[] {
  const info = toObject(payload["rate_limit_info"]);
  const status = toText(info["status"]);
  if (status === "allowed") return [];
  const resetsAt = new Date((toNumber(info["resetsAt"]) ?? NaN) * 1000);
  const until = Number.isNaN(resetsAt.valueOf()) ? "" : ` until ${resetsAt.toISOString()}`;
  return [dim("rate limit", `${status || JSON.stringify(payload)}${until}`)];
}
