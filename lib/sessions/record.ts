/**
 * What the store keeps of a session, apart from its events, prompts and permissions.
 *
 * @module
 */

import type { SessionRow } from "../store/sessions.ts";
import { NEW_SESSION, type SessionState } from "./state.ts";
import type { PermissionPolicy, SessionExit, SessionWorktree, TokenCounts } from "./types.ts";

/** Where a conversation comes from, which decides how the agent is started until it has a transcript. */
export type ConversationOrigin =
  | { readonly kind: "new" }
  | { readonly kind: "resume" }
  | { readonly kind: "fork"; readonly from: string };

/** The process of an agent. */
export interface AgentProcess {
  /** The id in the daemon. */
  readonly id: string;
  /** Whether the daemon confirmed that it started the process. */
  readonly isStarted: boolean;
  /** The process id, once it is known. */
  readonly pid?: number;
  /** When the process started, as the daemon reports it. */
  readonly startTime?: number;
  /** The last frame whose effects are stored. */
  readonly seq: number;
  /** How many bytes the agent has been sent, or will be. */
  readonly stdinEnd: number;
  /** What the process has cost so far in US dollars, as it reports. */
  readonly cost: number;
  /** Whether the daemon lost frames of the process before the hub read them. */
  readonly hasGap: boolean;
}

/** The terminal of a session in interactive mode. */
export interface Terminal {
  /** The name of the tmux session. */
  readonly name: string;
  /** When it was opened, in milliseconds since the epoch. */
  readonly openedAt: number;
  /** The conversation that the program in it is in. */
  readonly claudeSessionId: string;
  /** The program's process id. */
  readonly pid?: number;
  /** When it started, as `/proc` has it, if there is one. */
  readonly procStart?: string;
}

/** A work tree that was made for a session. */
export interface RecordedWorktree extends SessionWorktree {
  /** The main directory of the repository that it belongs to. */
  readonly repository: string;
}

/** A session as it is stored. It is plain JSON. */
export interface SessionRecord {
  /** A UUID. */
  readonly id: string;
  /** The name. */
  readonly name: string;
  /** The directory in which the agent works. */
  readonly path: string;
  /** When the session was created, in milliseconds since the epoch. */
  readonly createdAt: number;
  /** When the session last changed, in milliseconds since the epoch. */
  readonly updatedAt: number;
  /** The conversation's id. */
  readonly claudeSessionId: string;
  /** Where the conversation comes from. */
  readonly origin: ConversationOrigin;
  /** The model that was chosen; `null` for the default. */
  readonly chosenModel: string | null;
  /** The model that the agent reports. */
  readonly model: string | null;
  /** The permission mode. */
  readonly permissionMode: string;
  /** What happens with questions that no rule answers. */
  readonly policy: PermissionPolicy;
  /** More arguments for the agent. */
  readonly claudeArgs: readonly string[];
  /** The state of the state machine. */
  readonly state: SessionState;
  /** The newest process of the agent. */
  readonly process: AgentProcess | null;
  /** The process id of the process before, which may still be in the conversation; absent if it is not known. */
  readonly formerPid?: number;
  /** How many processes have been started. */
  readonly attempts: number;
  /** The terminal, in interactive mode. */
  readonly terminal: Terminal | null;
  /** How many turns have ended. */
  readonly turns: number;
  /** The cost of the processes that have ended, in US dollars. */
  readonly formerCost: number;
  /** The tokens of all turns. */
  readonly tokens: TokenCounts;
  /** The seq of the newest event. */
  readonly lastSeq: number;
  /** The id of the newest event. */
  readonly lastEvent: number;
  /** When the agent ended, in milliseconds since the epoch. */
  readonly endedAt: number | null;
  /** How the agent ended. */
  readonly exit: SessionExit | null;
  /** Why the session is in the status `error`. */
  readonly error: string | null;
  /** Whether the agent was lost with the daemon, and its end was not requested; absent means no. */
  readonly isLost?: boolean;
  /** The commit from which it started; `null` without one, absent in sessions of before this was kept. */
  readonly base?: string | null;
  /** The work tree that was made for it; absent if none was. */
  readonly worktree?: RecordedWorktree;
}

/** What is known of a session when it is created. */
export type NewRecord = Pick<
  SessionRecord,
  | "id"
  | "name"
  | "path"
  | "createdAt"
  | "claudeSessionId"
  | "origin"
  | "chosenModel"
  | "permissionMode"
  | "policy"
  | "claudeArgs"
  | "base"
  | "worktree"
>;

/** Returns the record of a session that has not been started. */
export function newRecord(given: NewRecord): SessionRecord {
  return {
    ...given,
    updatedAt: given.createdAt,
    model: given.chosenModel,
    state: NEW_SESSION,
    process: null,
    attempts: 0,
    terminal: null,
    turns: 0,
    formerCost: 0,
    tokens: { input: 0, output: 0, cache_read: 0, cache_creation: 0 },
    lastSeq: 0,
    lastEvent: 0,
    endedAt: null,
    exit: null,
    error: null,
  };
}

/** Returns what a session has cost, in US dollars. */
export function costOf({ formerCost, process }: SessionRecord): number {
  return formerCost + (process?.cost ?? 0);
}

/** Returns a record as the store keeps it. */
export function toRow(record: SessionRecord): SessionRow {
  const { id, name, path, createdAt, updatedAt, state } = record;
  const times = { created_at: createdAt, updated_at: updatedAt };
  return { id, name, path, status: state.status, ...times, data: JSON.stringify(record) };
}
