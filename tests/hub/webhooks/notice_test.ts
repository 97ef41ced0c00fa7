import { assertEquals } from "@std/assert";
import { noticeOf } from "../../../lib/hub/webhooks/notice.ts";
import type { SessionEvent } from "../../../lib/sessions/types.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";

const AT = "2026-11-21T00:00:00.000Z";

/** Returns the notice of an event of the session `web`, without its id. */
function noticeFrom(event: Partial<SessionEvent>, sessions = sessionsWithWeb()) {
  const whole = { id: 1, session: "s", seq: 1, at: AT, type: "status", payload: {}, ...event };
  const notice = noticeOf({ type: "event", event: whole }, sessions);
  if (notice === undefined) return undefined;
  const { id: _id, ...rest } = notice;
  return rest;
}

function sessionsWithWeb(): MemorySessions {
  const sessions = new MemorySessions();
  sessions.create("s", { name: "web", host: "desk" });
  return sessions;
}

const ENVELOPE = { at: AT, host: "desk", session: { id: "s", name: "web" } };

Deno.test("noticeOf() names the tool that waits, and puts its input into the content", () => {
  const sessions = sessionsWithWeb();
  const ask = (id: string, session: string, input: unknown) =>
    sessions.pending.push({
      id,
      session,
      host: "desk",
      at: AT,
      tool_name: "Bash",
      input,
      description: "lists files",
      requires_user_interaction: false,
      covers: "",
    });
  ask("p", "s", { command: "ls" });
  ask("other", "t", {});
  assertEquals(noticeFrom({ subtype: "waiting_permission" }, sessions), {
    ...ENVELOPE,
    event: "session.waiting_permission",
    permission: { id: "p", tool_name: "Bash" },
    content: { description: "lists files", input: { command: "ls" } },
  });
  ask("large", "s", "x".repeat(20_000));
  const large = noticeFrom({ subtype: "waiting_permission" }, sessions);
  assertEquals(large?.content?.input, { truncated: 20_002 });
});

for (const status of ["stopped", "error"] as const) {
  Deno.test(`noticeOf() tells that a session is in the status ${status}, and why in the content`, () => {
    assertEquals(noticeFrom({ subtype: status, payload: { status, reason: "the agent ended: exit code 1" } }), {
      ...ENVELOPE,
      event: `session.${status}`,
      content: { reason: "the agent ended: exit code 1" },
    });
    assertEquals(noticeFrom({ subtype: status, payload: { status } }), { ...ENVELOPE, event: `session.${status}` });
  });
}

Deno.test("noticeOf() tells that a turn is finished, and the answer in the content", () => {
  const payload = { type: "result", subtype: "success", is_error: false, result: "y".repeat(5_000) };
  assertEquals(noticeFrom({ type: "result", subtype: "success", payload }), {
    ...ENVELOPE,
    event: "turn.finished",
    is_error: false,
    content: { result: `${"y".repeat(4_096)}…` },
  });
  const failed = noticeFrom({ type: "result", subtype: "error_max_turns", payload: { is_error: true } });
  assertEquals(failed, { ...ENVELOPE, event: "turn.finished", is_error: true });
});

Deno.test("noticeOf() returns nothing about anything else", () => {
  for (const status of ["starting", "idle", "active"]) assertEquals(noticeFrom({ subtype: status }), undefined);
  for (const type of ["prompt", "assistant", "permission", "stderr"]) assertEquals(noticeFrom({ type }), undefined);
  const sessions = sessionsWithWeb();
  assertEquals(noticeOf({ type: "session", session: sessions.get("s") }, sessions), undefined);
  assertEquals(noticeOf({ type: "delta", session: "s", text: "x" }, sessions), undefined);
  assertEquals(noticeOf({ type: "removed", session: "s" }, sessions), undefined);
});
