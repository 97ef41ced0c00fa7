import type { FollowMessage } from "../../../lib/hub/hub_client.ts";
import type { PendingPermission, Session, SessionEvent } from "../../../lib/sessions/types.ts";

/** Makes a session. */
export function session(name: string, change: Partial<Session> = {}): Session {
  return {
    id: `id of ${name}`,
    name,
    host: "here",
    path: `/src/${name}`,
    mode: "subprocess",
    status: "idle",
    claude_session_id: "",
    model: null,
    permission_mode: "default",
    policy: "ask",
    queue: [],
    permissions: [],
    turns: 0,
    cost_usd: 0,
    tokens: { input: 0, output: 0, cache_read: 0, cache_creation: 0 },
    last_event: 0,
    created_at: "2026-01-01T00:00:00.000Z",
    updated_at: "2026-01-01T00:00:00.000Z",
    ...change,
  };
}

/** Makes a permission for a command, in the session `web`. */
export function permission(id: string, change: Partial<PendingPermission> = {}): PendingPermission {
  return {
    id,
    session: "id of web",
    host: "here",
    at: "2026-01-01T00:00:00.000Z",
    tool_name: "Bash",
    input: { command: "ls" },
    requires_user_interaction: false,
    covers: "",
    ...change,
  };
}

/** Makes an event of the session `web`. */
export function event(type: string, payload: unknown, change: Partial<SessionEvent> = {}): SessionEvent {
  return { id: 1, session: "id of web", seq: 1, at: "2026-01-01T00:00:00.000Z", type, payload, ...change };
}

/** Makes the first message of a connection. */
export function snapshot(
  permissions: readonly PendingPermission[],
  sessions: readonly Session[] = [session("web")],
): FollowMessage {
  return { type: "snapshot", sessions: [...sessions], permissions: [...permissions], partial: {}, last_event: 0 };
}

/** Makes what is told of another host at first. */
export function hostSnapshot(
  host: string,
  sessions: readonly Session[],
  permissions: readonly PendingPermission[] = [],
  partial: Readonly<Record<string, string>> = {},
): FollowMessage {
  return { type: "snapshot", host, sessions, permissions, partial, last_event: 0 };
}
