/**
 * What sessions look like from outside: the objects that operations return and events carry.
 *
 * @module
 */

/** Who talks to the agent: the hub over stream-json, or a person in a terminal. */
export type SessionMode = "subprocess" | "interactive";

/** What a session is doing. */
export type SessionStatus = "starting" | "idle" | "active" | "waiting_permission" | "stopped" | "error";

/** What happens when the agent asks for a permission that no rule covers: ask a person, allow, or deny. */
export type PermissionPolicy = "ask" | "allow" | "deny";

/** A prompt: text, or content blocks as the model's API defines them. */
export type PromptContent = string | readonly ContentBlock[];

/** A block of a prompt, such as `{"type":"text","text":"…"}` or an image. */
export interface ContentBlock {
  /** The kind of the block. */
  readonly type: string;
  /** The other fields of the block. */
  readonly [field: string]: unknown;
}

/** What stands for a prompt that is too long to be shown with others. */
export interface TruncatedPrompt {
  /** How much JSON the prompt is, in bytes. */
  readonly truncated: number;
}

/** A prompt that waits for its turn. */
export interface QueuedPrompt {
  /** A UUID. */
  readonly id: string;
  /** The prompt. A hub shows only the size of a long one; its event has the whole. */
  readonly prompt: PromptContent | TruncatedPrompt;
  /** When it was queued, in ISO 8601. */
  readonly at: string;
}

/** How many tokens a session has used. */
export interface TokenCounts {
  /** Tokens of prompts. */
  readonly input: number;
  /** Tokens of answers. */
  readonly output: number;
  /** Tokens read from the cache. */
  readonly cache_read: number;
  /** Tokens written to the cache. */
  readonly cache_creation: number;
}

/** How the agent's process ended. */
export interface SessionExit {
  /** The exit code; absent if it is not known. */
  readonly code?: number;
  /** The signal that ended the process. */
  readonly signal?: string;
  /** Why the session ended, in a sentence. */
  readonly reason: string;
}

/** A session. */
export interface Session {
  /** A UUID. */
  readonly id: string;
  /** The name, unique among the sessions that are not removed. */
  readonly name: string;
  /** The name of the hub that has the session. */
  readonly host: string;
  /** The directory in which the agent works. */
  readonly path: string;
  /** Who talks to the agent. */
  readonly mode: SessionMode;
  /** What the session is doing. */
  readonly status: SessionStatus;
  /** The conversation's id of the agent CLI. */
  readonly claude_session_id: string;
  /** The model, once it is known or chosen. */
  readonly model: string | null;
  /** The permission mode of the agent CLI. */
  readonly permission_mode: string;
  /** What happens with questions that no rule answers. */
  readonly policy: PermissionPolicy;
  /** The prompts that wait, in order. */
  readonly queue: readonly QueuedPrompt[];
  /** The ids of the pending permissions, the oldest first. */
  readonly permissions: readonly string[];
  /** How many turns have ended. */
  readonly turns: number;
  /** The cost of all turns in US dollars, as the agent CLI reports it. */
  readonly cost_usd: number;
  /** The tokens of all turns. */
  readonly tokens: TokenCounts;
  /** The id of the session's newest event, 0 if it has none. */
  readonly last_event: number;
  /** When the session was created, in ISO 8601. */
  readonly created_at: string;
  /** When the session last changed, in ISO 8601. */
  readonly updated_at: string;
  /** When the agent ended, in ISO 8601; absent while it runs. */
  readonly ended_at?: string;
  /** The tmux session of the terminal, in interactive mode. */
  readonly tmux_session?: string;
  /** How the agent ended; absent while it runs. */
  readonly exit?: SessionExit;
  /** Why the session is in the status `error`. */
  readonly error?: string;
  /** The work tree that was made for the session; absent if none was. */
  readonly worktree?: SessionWorktree;
}

/** A work tree that was made for a session. */
export interface SessionWorktree {
  /** Its path. */
  readonly path: string;
  /** The branch that was made with it. */
  readonly branch: string;
}

/** Something that happened in a session, stored for good. */
export interface SessionEvent {
  /** The host of the session, on a hub that shows others; absent for its own ones. */
  readonly host?: string;
  /** Grows over all sessions of a host. */
  readonly id: number;
  /** The id of the session. */
  readonly session: string;
  /** Grows over the session, from 1. */
  readonly seq: number;
  /** When it was stored, in ISO 8601. */
  readonly at: string;
  /**
   * The agent's own type (`system`, `assistant`, `user`, `result`, …), or one of the hub's: `prompt`, `permission`,
   * `status`, `mode`, `stderr`, `stdout`, `gap`.
   */
  readonly type: string;
  /** The subtype, if there is one. */
  readonly subtype?: string;
  /** The agent's message as it came, or the fields of the hub's event. */
  readonly payload: unknown;
}

/** A permission that waits for a person. */
export interface PendingPermission {
  /** A UUID. */
  readonly id: string;
  /** The id of the session. */
  readonly session: string;
  /** The name of the hub that has the session. */
  readonly host: string;
  /** When the agent asked, in ISO 8601. */
  readonly at: string;
  /** The tool, such as `Bash`. */
  readonly tool_name: string;
  /** What the tool is to be called with. */
  readonly input: unknown;
  /** What the agent says about the call. */
  readonly description?: string;
  /** Whether only a person can answer, whatever the policy. */
  readonly requires_user_interaction: boolean;
  /** What `allow_session` would allow from then on, in words; empty if it is not offered. */
  readonly covers: string;
}

/** A rule that an answer for the whole session added. */
export interface SessionRule {
  /** A UUID. */
  readonly id: string;
  /** The tool. */
  readonly tool_name: string;
  /** What the rule allows, in words. */
  readonly covers: string;
  /** When it was added, in ISO 8601. */
  readonly at: string;
}

/** Parameters of a new session. */
export interface StartParams {
  /** The name. @default {the name of the directory, with a number if it is taken} */
  readonly name?: string | undefined;
  /** The directory, absolute. */
  readonly path: string;
  /** More arguments for the agent CLI, as a list or as one text that is split like a shell does. */
  readonly claude_args?: string | readonly string[] | undefined;
  /** The model. */
  readonly model?: string | undefined;
  /** The permission mode of the agent CLI. @default {"default"} */
  readonly permission_mode?: string | undefined;
  /** What happens with questions that no rule answers. */
  readonly policy?: PermissionPolicy | undefined;
  /** The id of a conversation to resume. */
  readonly resume?: string | undefined;
  /** Whether to resume a copy of that conversation. */
  readonly fork?: boolean | undefined;
  /** The first prompt. */
  readonly prompt?: PromptContent | undefined;
  /** The branch of a new work tree to start in. */
  readonly worktree?: string | undefined;
  /** Whether to record that the user trusts the directory. */
  readonly trust?: boolean | undefined;
  /** The name of the directory, repeated to confirm that permissions are bypassed. */
  readonly confirm?: string | undefined;
}

/** How a stopped session is started again. */
export interface ResumeOptions {
  /** The name of the directory, which confirms that everything is allowed there. */
  readonly confirm?: string | undefined;
  /** Whether to record that the user trusts the directory. @default {false} */
  readonly trust?: boolean | undefined;
}

/** What can be changed of a session. */
export interface SessionChanges {
  /** A new name. */
  readonly name?: string | undefined;
  /** Another model; `null` for the default. */
  readonly model?: string | null | undefined;
  /** Another permission mode. */
  readonly permission_mode?: string | undefined;
  /** Another policy. */
  readonly policy?: PermissionPolicy | undefined;
  /** The name of the directory, repeated to confirm that permissions are bypassed. */
  readonly confirm?: string | undefined;
}

/** What became of a prompt. */
export interface SendResult {
  /** Whether the agent has it, or it waits in the queue. */
  readonly prompt_status: "sent" | "queued";
  /** The id of the prompt. */
  readonly prompt_id: string;
  /** The position in the queue, from 1. */
  readonly position?: number;
}

/** An answer to a permission. */
export interface PermissionAnswer {
  /** What the agent may do. */
  readonly decision: "allow" | "allow_session" | "deny";
  /** What the model reads about a denial. */
  readonly message?: string | undefined;
  /** What to call the tool with instead. */
  readonly updated_input?: unknown;
  /** Whether a denial also ends the turn. */
  readonly interrupt?: boolean | undefined;
}

/** What followers of sessions receive. */
export type LiveMessage =
  | { readonly type: "event"; readonly event: SessionEvent }
  | {
    readonly type: "delta";
    /** The id of the session. */
    readonly session: string;
    /** A piece of the answer's text that is in progress. */
    readonly text?: string;
    /** A piece of the model's thinking that is in progress. */
    readonly thinking?: string;
  }
  | {
    readonly type: "session";
    /** The session as it is now. It follows every change. */
    readonly session: Session;
  }
  | {
    readonly type: "removed";
    /** The id of a session that was removed. */
    readonly session: string;
  };

/** A slash command that an agent knows. */
export interface AgentCommand {
  /** The name, without the slash. */
  readonly name: string;
  /** What it does. */
  readonly description?: string;
  /** What comes after it. */
  readonly argument_hint?: string;
}

export type { FailureKind } from "../system/request_error.ts";
