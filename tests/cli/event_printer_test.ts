import { assertEquals } from "@std/assert";
import { EventPrinter } from "../../lib/cli/event_printer.ts";
import type { FollowMessage } from "../../lib/hub/hub_client.ts";
import type { QueuedPrompt } from "../../lib/sessions/types.ts";
import { testSession } from "./session_fixture.ts";

const LAYOUT = { columns: Infinity, isColored: false };
const COMMANDS = "  approve: claustrum session approve web p1\n  deny: claustrum session deny web p1";

const AT = "2026-11-21T12:00:00.000Z";

function event(type: string, payload: Record<string, unknown>): FollowMessage & { type: "event" } {
  return { type: "event", event: { id: 1, session: testSession().id, seq: 1, at: AT, type, payload } };
}

function permission(payload: Record<string, unknown>): FollowMessage {
  return event("permission", { permission_id: "p1", ...payload });
}

function prompt(state: string, id: string): FollowMessage & { type: "event" } {
  return event("prompt", { state, prompt_id: id, ...(state === "queued" ? { prompt: `text of ${id}` } : {}) });
}

function waiting(...ids: string[]): QueuedPrompt[] {
  return ids.map((id) => ({ id, prompt: `text of ${id}`, at: AT }));
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

Deno.test("EventPrinter shows a prompt that is sent at once in one line", () => {
  const idle: FollowMessage = { type: "session", session: testSession() };
  assertEquals(print([prompt("queued", "a"), prompt("sent", "a"), idle]), [undefined, "you: text of a", undefined]);
});

Deno.test("EventPrinter shows that a prompt waits as soon as it does, and what is sent later", () => {
  const session: FollowMessage = { type: "session", session: testSession({ queue: waiting("a") }) };
  const shown = ["queued: text of a", undefined, "you: text of a"];
  assertEquals(print([prompt("queued", "a"), session, session, prompt("sent", "a")]), [undefined, ...shown]);
});

Deno.test("EventPrinter shows at once that a prompt from before waits", () => {
  assertEquals(print([prompt("queued", "a")], testSession({ queue: waiting("a") })), ["queued: text of a"]);
});

Deno.test("EventPrinter shows a prompt that another event separates from being sent", () => {
  const status = event("status", { status: "starting" });
  const shown = ["queued: text of a\nstatus: starting", "you: text of a"];
  assertEquals(print([prompt("queued", "a"), status, prompt("sent", "a")]), [undefined, ...shown]);
});

Deno.test("EventPrinter shows the last prompt at the end, even if it is not known whether it waits", () => {
  const printer = new EventPrinter(testSession());
  assertEquals(printer.event(prompt("queued", "a").event, LAYOUT), undefined);
  assertEquals([printer.rest(LAYOUT), printer.rest(LAYOUT)], ["queued: text of a", undefined]);
});

Deno.test("EventPrinter knows the prompts and permissions of events that it does not show", () => {
  const printer = new EventPrinter(testSession({ permissions: ["p1"] }));
  printer.remember(prompt("queued", "a").event);
  const { event: asked } = event("permission", { permission_id: "p1", state: "asked", tool_name: "Read" });
  printer.remember(asked);
  const messages = [WAITING, prompt("sent", "a"), permission({ state: "answered", decision: "allow" })];
  const shown = [undefined, "you: text of a", "allowed: Read"];
  assertEquals(messages.map((message) => printer.message(message, LAYOUT)), shown);
});
