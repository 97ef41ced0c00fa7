/**
 * What a conversation consists of, as it is shown.
 *
 * @module
 */

import type { PromptContent } from "../../sessions/types.ts";

/** What all entries have. */
interface EntryBase {
  /** Unique in the conversation, and the same whenever the entry is read again. */
  readonly key: string;
  /** The id of the event from which it comes. */
  readonly event: number;
  /** When that event was stored, in ISO 8601. */
  readonly at: string;
  /** The call of a tool whose own agent is speaking; absent for the session's agent. */
  readonly parent?: string;
}

/** What somebody asked the agent for. */
export interface PromptEntry extends EntryBase {
  readonly kind: "prompt";
  /** The id of the prompt, if it was sent by the hub. */
  readonly promptId?: string;
  /** What was asked; `undefined` while the event that has it is not loaded. */
  readonly content: PromptContent | undefined;
  /** `sent`: the agent has it. `returned`: the agent never got it, and it waits again. */
  readonly state: "sent" | "returned";
  /** Who asked: a person, here or in a terminal, or the agent that has started another one. */
  readonly from: "person" | "terminal" | "agent";
}

/** What the agent said. */
export interface AnswerEntry extends EntryBase {
  readonly kind: "answer";
  /** Markdown. */
  readonly text: string;
  /** Whether the answer was interrupted. */
  readonly isAborted: boolean;
}

/** What the agent thought. */
export interface ThinkingEntry extends EntryBase {
  readonly kind: "thinking";
  readonly text: string;
}

/** What a tool returned. */
export interface ToolResult {
  /** The id of the event that has it. */
  readonly event: number;
  /** When, in ISO 8601. */
  readonly at: string;
  readonly isError: boolean;
  /** A text, or blocks as the model's API defines them. */
  readonly content: unknown;
  /** How a file was changed, as the agent reports it: hunks of a patch. */
  readonly patch?: readonly unknown[];
}

/** What somebody said to the call of a tool. */
export interface ToolPermission {
  readonly id: string;
  readonly state: "asked" | "allowed" | "denied" | "cancelled";
  /** Who answered. */
  readonly by?: string;
  /** Whether the answer holds for the session. */
  readonly isForSession?: boolean;
  /** What the agent reads about a denial. */
  readonly message?: string;
}

/** A call of a tool. */
export interface ToolEntry extends EntryBase {
  readonly kind: "tool";
  readonly toolId: string;
  readonly name: string;
  readonly input: unknown;
  /** Absent until the tool has returned, and while the event that has it is not loaded. */
  readonly result?: ToolResult;
  readonly permission?: ToolPermission;
}

/** What a tool returned whose call is not loaded. */
export interface LooseResultEntry extends EntryBase {
  readonly kind: "loose_result";
  readonly toolId: string;
  readonly result: ToolResult;
}

/** The end of a turn. */
export interface TurnEndEntry extends EntryBase {
  readonly kind: "turn_end";
  readonly outcome: "done" | "interrupted" | "failed";
  /** Why the turn failed, where that was not said before. */
  readonly reason?: string;
  readonly durationMs?: number;
  /** The cost of the turn in US dollars, as the agent reports it. */
  readonly costUsd?: number;
  /** Whether the agent started the turn by itself. */
  readonly isOwnTurn: boolean;
}

/** Something went wrong. */
export interface ErrorEntry extends EntryBase {
  readonly kind: "error";
  readonly title: string;
  readonly text: string;
}

/** The model's API failed, and the agent tries again. */
export interface RetryEntry extends EntryBase {
  readonly kind: "retry";
  /** When the agent tries again, in milliseconds since the epoch. */
  readonly until: number;
  readonly attempt?: number;
  readonly maxAttempts?: number;
  readonly why: string;
}

/** Something to know, in a line. */
export interface NoteEntry extends EntryBase {
  readonly kind: "note";
  readonly text: string;
  /** More of it, folded. */
  readonly detail?: string;
}

/** Lines that the agent's program printed. */
export interface OutputEntry extends EntryBase {
  readonly kind: "output";
  readonly stream: "stderr" | "stdout";
  readonly lines: readonly string[];
}

/** Output of the agent that is lost. */
export interface GapEntry extends EntryBase {
  readonly kind: "gap";
  /** How many messages are lost; `undefined` if nobody knows. */
  readonly missing: number | undefined;
}

/** An event that is too large to be loaded with others. */
export interface LargeEntry extends EntryBase {
  readonly kind: "large";
  readonly type: string;
  /** How large, in bytes. */
  readonly bytes: number;
}

/** An event that the page knows nothing about. */
export interface UnknownEntry extends EntryBase {
  readonly kind: "unknown";
  readonly label: string;
  readonly json: unknown;
}

/** A part of a conversation. */
export type Entry =
  | PromptEntry
  | AnswerEntry
  | ThinkingEntry
  | ToolEntry
  | LooseResultEntry
  | TurnEndEntry
  | ErrorEntry
  | RetryEntry
  | NoteEntry
  | OutputEntry
  | GapEntry
  | LargeEntry
  | UnknownEntry;
