import type { Session } from "../../lib/sessions/types.ts";

/** An idle session, with some fields of the caller's. */
export function testSession(fields: Partial<Session> = {}): Session {
  return {
    id: "0b7a5c1e-0000-4000-8000-000000000001",
    name: "web",
    host: "here",
    path: "/home/me/web",
    mode: "subprocess",
    status: "idle",
    claude_session_id: "0b7a5c1e-0000-4000-8000-000000000002",
    model: null,
    permission_mode: "default",
    policy: "ask",
    queue: [],
    permissions: [],
    turns: 0,
    cost_usd: 0,
    tokens: { input: 0, output: 0, cache_read: 0, cache_creation: 0 },
    last_event: 0,
    created_at: "2026-11-21T12:00:00.000Z",
    updated_at: "2026-11-21T12:00:00.000Z",
    ...fields,
  };
}
