/**
 * Shows events of a session to people: who said what, tools and their results, permissions, errors.
 *
 * @module
 */

import type { SessionEvent } from "../sessions/types.ts";
import {
  describeAssistant,
  describeRateLimit,
  describeResult,
  describeSystem,
  describeUser,
} from "./agent_event_text.ts";
import { type Describe, EventMemory, type EventTextOptions } from "./event_context.ts";
import { firstText } from "./event_fields.ts";
import { describeUnknown, dim, error, layOut } from "./event_part.ts";
import { describeMode, describePermissionEvent, describePrompt, describeStatus, outputText } from "./hub_event_text.ts";
import { toNumber, toObject } from "../system/json_fields.ts";
import { formatBytes } from "./progress_bar.ts";

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
