/**
 * What an agent says: the messages of stream-json. Everything of them that the hub understands stands here; what it
 * does not understand passes through untouched. No field is relied on, and neither is the order of keys.
 *
 * @module
 */

import { asJsonObject, type JsonObject, parseJsonLine } from "../system/json_object.ts";

/** A JSON object. */
export type Json = JsonObject;

/** How many tokens a turn has used. */
export interface AgentUsage {
  /** Tokens of prompts. */
  readonly input: number;
  /** Tokens of answers. */
  readonly output: number;
  /** Tokens read from the cache. */
  readonly cache_read: number;
  /** Tokens written to the cache. */
  readonly cache_creation: number;
}

/** A turn has begun. Every turn begins with this, and tells the model and the mode of then. */
export interface TurnStartedFact {
  /** Which fact it is. */
  readonly fact: "turn_started";
  /** The model. */
  readonly model?: string;
  /** The permission mode. */
  readonly permissionMode?: string;
  /** The conversation's id. */
  readonly sessionId?: string;
}

/** A turn has ended. */
export interface ResultFact {
  /** Which fact it is. */
  readonly fact: "result";
  /** Whether the turn failed or was interrupted; the subtype may be `success` all the same. */
  readonly isError: boolean;
  /** How the turn ended, such as `success` or `error_during_execution`. */
  readonly subtype?: string;
  /** The last text of the answer, or of the error. */
  readonly text?: string;
  /** What went wrong, in the agent's words. */
  readonly errors?: readonly string[];
  /** Whether the agent started the turn by itself, so that it answers no prompt. */
  readonly isTaskNotification: boolean;
  /** The cost of all turns of this process in US dollars. */
  readonly costUsd?: number;
  /** The tokens of this turn. */
  readonly usage?: AgentUsage;
  /** The conversation's id. */
  readonly sessionId?: string;
}

/** A prompt moved on. */
export interface LifecycleFact {
  /** Which fact it is. */
  readonly fact: "lifecycle";
  /** The UUID of the prompt. */
  readonly uuid: string;
  /** `queued`, `started`, `completed`, `cancelled`, or one that is not known yet. */
  readonly state: string;
}

/** The agent says what it is doing. */
export interface StateFact {
  /** Which fact it is. */
  readonly fact: "state";
  /** `running`, `requires_action`, `idle`, or one that is not known yet. */
  readonly state: string;
}

/** The permission mode changed. */
export interface ModeFact {
  /** Which fact it is. */
  readonly fact: "mode";
  /** The new mode. */
  readonly permissionMode: string;
}

/** The conversation was cleared, and goes on under another id. The next result has that id; `newId` is not it. */
export interface ConversationResetFact {
  /** Which fact it is. */
  readonly fact: "conversation_reset";
  /** An id that the agent names; it differs from that of the next result. */
  readonly newId: string;
}

/** A call of the model failed and is tried again. */
export interface ApiRetryFact {
  /** Which fact it is. */
  readonly fact: "api_retry";
  /** Which attempt failed, from 1. */
  readonly attempt?: number;
  /** How many attempts there are at most. */
  readonly maxRetries?: number;
  /** How long the agent waits before the next attempt, in milliseconds. */
  readonly delayMs?: number;
  /** The HTTP status of the failure. */
  readonly status?: number;
  /** The kind of the failure, such as `overloaded`. */
  readonly error?: string;
}

/** A task in the background has ended; a turn of the agent's own follows. */
export interface TaskNotificationFact {
  /** Which fact it is. */
  readonly fact: "task_notification";
}

/** What an event means, as far as the hub understands it. */
export type AgentFact =
  | TurnStartedFact
  | ResultFact
  | LifecycleFact
  | StateFact
  | ModeFact
  | ConversationResetFact
  | ApiRetryFact
  | TaskNotificationFact;

/** A message to be stored. */
export interface EventMessage {
  /** Which kind of message it is. */
  readonly kind: "event";
  /** The agent's type; `unknown` for an object without one. */
  readonly type: string;
  /** The agent's subtype. */
  readonly subtype?: string;
  /** The UUID of the message, which is that of its record in the transcript. */
  readonly uuid?: string;
  /** The conversation's id. */
  readonly sessionId?: string;
  /** What the message means. */
  readonly fact?: AgentFact;
  /** The whole message. */
  readonly json: Json;
}

/** A piece of an answer that is in progress. */
export interface PartialMessage {
  /** Which kind of message it is. */
  readonly kind: "partial";
  /** A piece of text. */
  readonly text?: string;
  /** A piece of the model's thinking. */
  readonly thinking?: string;
  /** Whether an answer begins. */
  readonly isStart?: boolean;
  /** The tool call whose own agent is speaking; absent for the session's agent. */
  readonly parentToolUseId?: string;
  /** The whole message. */
  readonly json: Json;
}

/** The agent asks whether it may use a tool. */
export interface PermissionRequestMessage {
  /** Which kind of message it is. */
  readonly kind: "permission_request";
  /** The id that the answer repeats. */
  readonly requestId: string;
  /** The tool. */
  readonly toolName: string;
  /** What the tool is to be called with. */
  readonly input: unknown;
  /** What the agent says about the call. */
  readonly description?: string;
  /** The id of the tool call. */
  readonly toolUseId?: string;
  /** Whether only a person can answer. */
  readonly requiresUserInteraction: boolean;
  /** What the agent offers to allow from then on. */
  readonly suggestions: readonly unknown[];
  /** The whole message. */
  readonly json: Json;
}

/** The agent asks for something that is not known; it waits until it gets an error. */
export interface OtherRequestMessage {
  /** Which kind of message it is. */
  readonly kind: "other_request";
  /** The id that the answer repeats. */
  readonly requestId: string;
  /** What it asks for; empty if it does not say. */
  readonly subtype: string;
  /** The whole message. */
  readonly json: Json;
}

/** The agent no longer waits for an answer. */
export interface CancelRequestMessage {
  /** Which kind of message it is. */
  readonly kind: "cancel_request";
  /** The id of the request. */
  readonly requestId: string;
}

/** The agent answers a request of ours. */
export interface ResponseMessage {
  /** Which kind of message it is. */
  readonly kind: "response";
  /** The id of our request. */
  readonly requestId: string;
  /** Whether the request failed. */
  readonly isError: boolean;
  /** Why the request failed. */
  readonly error?: string;
  /** The code of the failure. */
  readonly errorCode?: string;
  /** What the request returned. */
  readonly response?: Json;
}

/** A message that says nothing. */
export interface KeepAliveMessage {
  /** Which kind of message it is. */
  readonly kind: "keep_alive";
}

/** A line that is no JSON object. */
export interface TextMessage {
  /** Which kind of message it is. */
  readonly kind: "text";
  /** The line. */
  readonly text: string;
}

/** A message of an agent. */
export type AgentMessage =
  | EventMessage
  | PartialMessage
  | PermissionRequestMessage
  | OtherRequestMessage
  | CancelRequestMessage
  | ResponseMessage
  | KeepAliveMessage
  | TextMessage;

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
