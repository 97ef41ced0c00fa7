/**
 * Reads what an agent says: the messages of stream-json. What the hub does not understand of them passes through
 * untouched. No field is relied on, and neither is the order of keys.
 *
 * @module
 */

import { asJsonObject, parseJsonLine } from "../system/json_object.ts";
import type {
  AgentFact,
  AgentMessage,
  AgentUsage,
  ApiRetryFact,
  CancelRequestMessage,
  ConversationResetFact,
  EventMessage,
  Json,
  LifecycleFact,
  ModeFact,
  OtherRequestMessage,
  PartialMessage,
  PermissionRequestMessage,
  ResponseMessage,
  ResultFact,
  StateFact,
  TurnStartedFact,
} from "./message_types.ts";

/** Reads a line of an agent's output. It never throws: what is not understood is an event or a text. */
export function parseAgentLine(text: string): AgentMessage {
  const json = parseJsonLine(text);
  if (json === undefined) return { kind: "text", text };
  const type = string(json.type) ?? "unknown";
  return entryOf(MESSAGES, type)?.(json) ?? readEvent(json, type);
}

/** The messages that are no events, by type. One that lacks what its kind needs is an event. */
const MESSAGES: Readonly<Record<string, (json: Json) => AgentMessage | undefined>> = {
  stream_event: readPartial,
  control_request: readRequest,
  control_cancel_request: readCancelRequest,
  control_response: readResponse,
  keep_alive: () => ({ kind: "keep_alive" }),
};

/** The events that the hub understands, by type, and by subtype for those of the type `system`. */
const FACTS: Readonly<Record<string, (json: Json) => AgentFact | undefined>> = {
  "system/init": readTurnStarted,
  "system/status": readMode,
  "system/session_state_changed": readState,
  "system/api_retry": readApiRetry,
  "system/task_notification": () => ({ fact: "task_notification" }),
  result: readResult,
  command_lifecycle: readLifecycle,
  conversation_reset: readConversationReset,
};

function readEvent(json: Json, type: string): EventMessage {
  const subtype = string(json.subtype);
  return withoutAbsent<EventMessage>({
    kind: "event",
    type,
    subtype,
    uuid: string(json.uuid),
    sessionId: string(json.session_id),
    fact: entryOf(FACTS, type === "system" ? `system/${subtype}` : type)?.(json),
    json,
  });
}

function readPartial(json: Json): PartialMessage {
  const event = asJsonObject(json.event) ?? {};
  const delta = asJsonObject(event.delta) ?? {};
  return withoutAbsent<PartialMessage>({
    kind: "partial",
    text: delta.type === "text_delta" ? string(delta.text) : undefined,
    thinking: delta.type === "thinking_delta" ? string(delta.thinking) : undefined,
    isStart: event.type === "message_start" ? true : undefined,
    parentToolUseId: string(json.parent_tool_use_id),
    json,
  });
}

function readRequest(json: Json): PermissionRequestMessage | OtherRequestMessage | undefined {
  const requestId = string(json.request_id);
  if (requestId === undefined) return undefined;
  const request = asJsonObject(json.request) ?? {};
  const subtype = string(request.subtype) ?? "";
  const toolName = string(request.tool_name);
  if (subtype !== "can_use_tool" || toolName === undefined) return { kind: "other_request", requestId, subtype, json };
  return withoutAbsent<PermissionRequestMessage>({
    kind: "permission_request",
    requestId,
    toolName,
    input: request.input ?? {},
    description: string(request.description),
    toolUseId: string(request.tool_use_id),
    requiresUserInteraction: request.requires_user_interaction === true,
    suggestions: Array.isArray(request.permission_suggestions) ? request.permission_suggestions : [],
    json,
  });
}

function readCancelRequest(json: Json): CancelRequestMessage | undefined {
  const requestId = string(json.request_id);
  return requestId === undefined ? undefined : { kind: "cancel_request", requestId };
}

function readResponse(json: Json): ResponseMessage | undefined {
  const response = asJsonObject(json.response) ?? {};
  const requestId = string(response.request_id);
  if (requestId === undefined) return undefined;
  return withoutAbsent<ResponseMessage>({
    kind: "response",
    requestId,
    isError: response.subtype !== "success",
    error: string(response.error),
    errorCode: string(response.error_code),
    response: asJsonObject(response.response),
  });
}

function readTurnStarted(json: Json): TurnStartedFact {
  return withoutAbsent<TurnStartedFact>({
    fact: "turn_started",
    model: string(json.model),
    permissionMode: string(json.permissionMode),
    sessionId: string(json.session_id),
  });
}

function readResult(json: Json): ResultFact {
  const errors = Array.isArray(json.errors) ? json.errors.filter((error) => typeof error === "string") : [];
  return withoutAbsent<ResultFact>({
    fact: "result",
    isError: json.is_error === true,
    subtype: string(json.subtype),
    text: string(json.result),
    errors: errors.length > 0 ? errors : undefined,
    isTaskNotification: asJsonObject(json.origin)?.kind === "task-notification",
    costUsd: number(json.total_cost_usd),
    usage: readUsage(json.usage),
    sessionId: string(json.session_id),
  });
}

function readUsage(value: unknown): AgentUsage | undefined {
  const usage = asJsonObject(value);
  if (usage === undefined) return undefined;
  return {
    input: number(usage.input_tokens) ?? 0,
    output: number(usage.output_tokens) ?? 0,
    cache_read: number(usage.cache_read_input_tokens) ?? 0,
    cache_creation: number(usage.cache_creation_input_tokens) ?? 0,
  };
}

function readLifecycle(json: Json): LifecycleFact | undefined {
  const [uuid, state] = [string(json.command_uuid), string(json.state)];
  return uuid === undefined || state === undefined ? undefined : { fact: "lifecycle", uuid, state };
}

function readState(json: Json): StateFact | undefined {
  const state = string(json.state);
  return state === undefined ? undefined : { fact: "state", state };
}

function readMode(json: Json): ModeFact | undefined {
  const permissionMode = string(json.permissionMode);
  return permissionMode === undefined ? undefined : { fact: "mode", permissionMode };
}

function readConversationReset(json: Json): ConversationResetFact | undefined {
  const newId = string(json.new_conversation_id);
  return newId === undefined ? undefined : { fact: "conversation_reset", newId };
}

function readApiRetry(json: Json): ApiRetryFact {
  return withoutAbsent<ApiRetryFact>({
    fact: "api_retry",
    attempt: number(json.attempt),
    maxRetries: number(json.max_retries),
    delayMs: number(json.retry_delay_ms),
    status: number(json.error_status),
    error: string(json.error),
  });
}

/** The fields of a type, of which those that may be absent may also be `undefined`. */
type Fields<T> = { [K in keyof T]: undefined extends { [P in K]?: T[P] }[K] ? T[K] | undefined : T[K] };

/** Returns the fields that are not `undefined`. */
function withoutAbsent<T extends object>(fields: Fields<T>): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** Returns an entry of a table; never a property that every object has. */
function entryOf<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function string(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
