/**
 * The messages of stream-json, as far as the hub understands them.
 *
 * @module
 */

import type { JsonObject } from "../system/json_object.ts";

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
