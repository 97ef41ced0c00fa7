/**
 * A session as operations return it.
 *
 * @module
 */

import type { PromptRow } from "../store/prompts.ts";
import { costOf, type SessionRecord } from "./record.ts";
import { isLive } from "./state.ts";
import type { Session, SessionWorktree } from "./types.ts";

/** Returns a session as others see it. `queue` are its queued prompts, in order. */
export function toSession(record: SessionRecord, host: string, queue: readonly PromptRow[]): Session {
  const { state, terminal } = record;
  return {
    id: record.id,
    name: record.name,
    host,
    path: record.path,
    mode: state.mode,
    status: state.status,
    claude_session_id: record.claudeSessionId,
    model: record.model,
    permission_mode: record.permissionMode,
    policy: record.policy,
    queue: queue.map(({ id, content, at }) => ({ id, prompt: JSON.parse(content), at: iso(at) })),
    permissions: state.asked,
    turns: record.turns,
    cost_usd: costOf(record),
    tokens: record.tokens,
    last_event: record.lastEvent,
    created_at: iso(record.createdAt),
    updated_at: iso(record.updatedAt),
    ...(record.endedAt === null || isLive(state) ? {} : { ended_at: iso(record.endedAt) }),
    ...(terminal === null ? {} : { tmux_session: terminal.name }),
    ...(record.exit === null || isLive(state) ? {} : { exit: record.exit }),
    ...(record.error === null || state.status !== "error" ? {} : { error: record.error }),
    ...(record.worktree === undefined ? {} : { worktree: shownWorktree(record.worktree) }),
  };
}

function shownWorktree({ path, branch }: SessionWorktree): SessionWorktree {
  return { path, branch };
}

/** A time in ISO 8601. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
