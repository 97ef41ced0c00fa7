import { assertEquals } from "@std/assert";
import { EventPrinter } from "../../lib/cli/event_printer.ts";
import type { FollowMessage } from "../../lib/hub/hub_client.ts";
import { testSession } from "./session_fixture.ts";

const LAYOUT = { columns: Infinity, isColored: false };
const COMMANDS = "  approve: claustrum session approve web p1\n  deny: claustrum session deny web p1";

function permission(payload: Record<string, unknown>): FollowMessage {
  const at = "2026-11-21T12:00:00.000Z";
  return {
    type: "event",
    event: {
      id: 1,
      session: testSession().id,
      seq: 1,
      at,
      type: "permission",
      payload: { permission_id: "p1", ...payload },
    },
  };
}

const ASKED = permission({ state: "asked", tool_name: "Bash", input: { command: "touch m1" } });
const WAITING: FollowMessage = { type: "session", session: testSession({ permissions: ["p1"] }) };

function print(messages: readonly FollowMessage[], session = testSession()): (string | undefined)[] {
  const printer = new EventPrinter(session);
  return messages.map((message) => printer.message(message, LAYOUT));
}

Deno.test("EventPrinter says how to answer a permission once it waits, and only once", () => {
  assertEquals(print([ASKED, WAITING, WAITING]), ["asks: Bash: touch m1", COMMANDS, undefined]);
});

Deno.test("EventPrinter says how to answer a permission from before that still waits", () => {
  const session = testSession({ permissions: ["p1"] });
  assertEquals(print([ASKED, WAITING], session), [`asks: Bash: touch m1\n${COMMANDS}`, undefined]);
});

Deno.test("EventPrinter says nothing of how to answer what a rule answers", () => {
  const answered = permission({ state: "answered", decision: "allow", by: "a rule of the session" });
  assertEquals(print([ASKED, answered]), [
    "asks: Bash: touch m1",
    "allowed by a rule of the session: Bash: touch m1",
  ]);
});

Deno.test("EventPrinter prints nothing of partial messages and of other sessions", () => {
  const other: FollowMessage = { type: "session", session: testSession({ id: "x", permissions: ["p1"] }) };
  const delta: FollowMessage = { type: "delta", session: testSession().id, text: "a" };
  const snapshot: FollowMessage = { type: "snapshot", sessions: [], permissions: [], partial: {}, last_event: 0 };
  const removed: FollowMessage = { type: "removed", session: "x" };
  assertEquals(print([ASKED, other, delta, snapshot, removed]).slice(1), [undefined, undefined, undefined, undefined]);
});
