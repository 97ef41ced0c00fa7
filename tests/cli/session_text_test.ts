import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { permissionLines } from "../../lib/cli/permission_text.ts";
import { formatFound, formatQueue, formatRules, formatSession, formatSessions } from "../../lib/cli/session_text.ts";
import { displayWidth } from "../../lib/cli/terminal_text.ts";
import type { PendingPermission } from "../../lib/sessions/types.ts";
import { testSession } from "./session_fixture.ts";

const WIDE = { columns: Infinity, now: Date.parse("2026-11-21T12:05:00.000Z") };
const AT = "2026-11-21T12:00:00.000Z";
const EVIL = "\x1b[2J\x1b]0;owned\x07\u202ex";

const PERMISSION: PendingPermission = {
  id: "p1",
  session: testSession().id,
  host: "here",
  at: AT,
  tool_name: "Bash",
  input: { command: "touch m1" },
  description: "make m1",
  requires_user_interaction: false,
  covers: "touch m1 *",
};

Deno.test("formatSessions() lays sessions out in columns", () => {
  const queue = [{ id: "q1", prompt: "next", at: AT }];
  const sessions = [
    testSession({ turns: 3, cost_usd: 1.234, queue }),
    testSession({ name: "api", status: "active", mode: "interactive", path: "/home/me/日本" }),
  ];
  assertEquals(
    formatSessions(sessions, WIDE),
    `NAME  STATUS             TURNS  COST   QUEUED  CHANGED  PATH
web   idle               3      $1.23  1       5m       /home/me/web
api   active (terminal)  0      $0.00  0       5m       /home/me/日本`,
  );
  const narrow = formatSessions(sessions, { ...WIDE, columns: 50 }).split("\n");
  assert(narrow.every((line) => displayWidth(line) <= 50), narrow.join("\n"));
});

Deno.test("formatSession() shows the queue, and how to answer what waits", () => {
  const session = testSession({
    status: "waiting_permission",
    queue: [{ id: "q1", prompt: [{ type: "text", text: "look\nat this" }, { type: "image" }], at: AT }],
    permissions: ["p1"],
  });
  const text = formatSession(session, [PERMISSION], WIDE);
  assertStringIncludes(text, "status        waiting_permission\n");
  assertStringIncludes(text, "\n\n#  ID  AGE  PROMPT\n1  q1  5m   look at this [image]\n\n");
  assertStringIncludes(
    text,
    "web asks for a permission: Bash: touch m1\n  make m1\n  approve: claustrum session approve web p1\n",
  );
  assertStringIncludes(text, "  deny: claustrum session deny web p1");
});

Deno.test("formatSession() says why a session ended", () => {
  const exit = { code: 1, reason: "the agent ended with exit code 1" };
  const text = formatSession(testSession({ status: "error", error: "No conversation found", exit }), [], WIDE);
  assertStringIncludes(text, "error         No conversation found\n");
  assertStringIncludes(text, "ended         the agent ended with exit code 1\n");
});

Deno.test("no text about sessions moves the cursor", () => {
  const queue = [{ id: EVIL, prompt: EVIL, at: EVIL }];
  const session = testSession({ name: EVIL, path: EVIL, error: EVIL, model: EVIL, queue });
  const found = { id: 1, session: "s", seq: 1, at: AT, type: EVIL, payload: {}, snippet: EVIL };
  const texts = [
    formatSessions([session], WIDE),
    formatSession(session, [{ ...PERMISSION, input: { command: EVIL }, description: EVIL, covers: EVIL }], WIDE),
    formatQueue(queue, WIDE),
    formatRules([{ id: EVIL, tool_name: EVIL, covers: EVIL, at: AT }], WIDE),
    formatFound([found], new Map([["s", EVIL]]), WIDE),
  ];
  for (const text of texts) assertEquals(/[^\P{Cc}\n]|\u202e/u.test(text), false, JSON.stringify(text));
});

Deno.test("permissionLines() shows a plan in full", () => {
  const plan = { ...PERMISSION, tool_name: "ExitPlanMode", input: { plan: "# The plan\n1. go" }, covers: "" };
  assertEquals(permissionLines(plan, "web"), [
    "web asks for a permission: ExitPlanMode:",
    "  # The plan",
    "  1. go",
    "  approve: claustrum session approve web p1",
    "  deny: claustrum session deny web p1",
  ]);
});
