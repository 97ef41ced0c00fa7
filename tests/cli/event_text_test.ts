import { assertEquals } from "@std/assert";
import { retryTime } from "../../lib/cli/agent_event_text.ts";
import { EventMemory } from "../../lib/cli/event_context.ts";
import { formatEvent } from "../../lib/cli/event_text.ts";
import { displayWidth, stripControls } from "../../lib/cli/terminal_text.ts";
import type { SessionEvent } from "../../lib/sessions/types.ts";
import { pick, seededRandom } from "../helpers/random.ts";

const PLAIN = { columns: Infinity, isColored: false, session: "web" };

function event(type: string, payload: Record<string, unknown>, subtype?: string): SessionEvent {
  const at = "2026-11-21T12:00:00.000Z";
  return { id: 1, session: "s", seq: 1, at, type, ...(subtype === undefined ? {} : { subtype }), payload };
}

function assistant(block: Record<string, unknown>, more: Record<string, unknown> = {}): SessionEvent {
  return event("assistant", { type: "assistant", message: { role: "assistant", content: [block] }, ...more });
}

function toolResult(content: unknown, more: Record<string, unknown> = {}): SessionEvent {
  return event("user", { message: { role: "user", content: [{ type: "tool_result", content, ...more }] } });
}

const LINES = Array.from({ length: 20 }, (_, i) => `line ${i + 1}`).join("\n");
const BASH = { permission_id: "p1", tool_name: "Bash", input: { command: "touch m1", description: "make m1" } };

for (
  const [what, shown, text] of [
    ["a prompt", event("prompt", { state: "sent", prompt_id: "u", prompt: "hello\nyou" }), "you: hello\n  you"],
    ["a prompt that waits", event("prompt", { state: "queued", prompt_id: "u", prompt: "a\nb" }), "queued: a b"],
    [
      "a prompt of blocks",
      event("prompt", { state: "sent", prompt: [{ type: "text", text: "look" }, { type: "image" }] }),
      "you: look\n  [image]",
    ],
    ["an edited prompt", event("prompt", { state: "edited", prompt_id: "u", prompt: "hi" }), "edited: hi"],
    ["a prompt that is not known", event("prompt", { state: "sent", prompt_id: "u1" }), "you: prompt u1"],
    ["a removed prompt", event("prompt", { state: "removed", prompt_id: "u1" }), "removed: prompt u1"],
    [
      "a moved prompt",
      event("prompt", { state: "moved", prompt_id: "u1", position: 2 }),
      "moved to position 2: prompt u1",
    ],
    ["a prompt that was not taken", event("prompt", { state: "returned", prompt_id: "u1" }), "waits again: prompt u1"],
    ["the end of a prompt", event("prompt", { state: "done", prompt_id: "u1" }), undefined],
    ["what the agent says", assistant({ type: "text", text: "echo hello\none" }), "agent: echo hello\n  one"],
    [
      "what a sub-agent says",
      assistant({ type: "text", text: "found" }, { parent_tool_use_id: "toolu_1" }),
      "sub-agent: found",
    ],
    [
      "a text that was interrupted",
      assistant({ type: "text", text: "one two" }, { aborted: true }),
      "agent: one two\nnote: the answer was interrupted",
    ],
    ["a thought", assistant({ type: "thinking", thinking: "a\nb" }), "agent thinks: a\n  b"],
    [
      "a tool with its input in a line",
      assistant({ type: "tool_use", name: "Bash", input: { command: "touch m1 &&\n  echo hi" } }),
      "Bash: touch m1 && echo hi",
    ],
    [
      "an unknown tool",
      assistant({ type: "tool_use", name: "mcp__adder__add", input: { a: 1, b: 2 } }),
      'mcp__adder__add: {"a":1,"b":2}',
    ],
    ["a tool without input", assistant({ type: "tool_use", name: "ExitPlanMode", input: {} }), "ExitPlanMode:"],
    ["a short result", toolResult("hi\n"), "  result: hi"],
    ["an empty result", toolResult([]), "  result: (nothing)"],
    [
      "a long result, folded",
      toolResult([{ type: "text", text: LINES }]),
      "  result: line 1\n    line 2\n    line 3\n    line 4\n    line 5\n    … 15 more lines",
    ],
    ["a failed tool", toolResult("Exit code 1", { is_error: true }), "  failed: Exit code 1"],
    [
      "an interruption",
      event("user", { message: { content: [{ type: "text", text: "[Request interrupted by user for tool use]" }] } }),
      "note: the turn was interrupted",
    ],
    ["what was typed in the terminal", event("user", { message: { content: "by hand" } }), "you: by hand"],
    [
      "the end of a turn",
      event("result", { is_error: false, duration_ms: 1234, total_cost_usd: 0.00014 }, "success"),
      "done: 1.2 s, $0.0001 since the agent started",
    ],
    [
      "the end of a turn that the agent started",
      event("result", { is_error: false, origin: { kind: "task-notification" } }, "success"),
      "done: a turn that the agent started by itself",
    ],
    [
      "an error of the API, although its subtype is success",
      event("result", { is_error: true, subtype: "success", result: "API Error: 400 bad thing" }, "success"),
      "error: API Error: 400 bad thing",
    ],
    [
      "the message of an error of the API",
      assistant({ type: "text", text: "API Error: 400" }, { error: "unknown", is_api_error_message: true }),
      "error: API Error: 400",
    ],
    [
      "an interrupted turn",
      event("result", { is_error: true, terminal_reason: "aborted_tools", errors: ["[ede_diagnostic] x"] }),
      "error: the turn was interrupted",
    ],
    [
      "another failed turn",
      event("result", { is_error: true, errors: ["No conversation found"] }, "error_during_execution"),
      "error: No conversation found",
    ],
    [
      "a retry with its delay",
      event("system", {
        subtype: "api_retry",
        attempt: 2,
        max_retries: 10,
        retry_delay_ms: 2_200,
        error_status: 529,
        error: "overloaded",
      }, "api_retry"),
      "retry: the model's API failed (529 overloaded): attempt 2 of 10 follows in 2.2 s",
    ],
    [
      "the start of a turn",
      event("system", { model: "m", permissionMode: "plan" }, "init"),
      "turn: model m, mode plan",
    ],
    [
      "another permission mode",
      event("system", { permissionMode: "acceptEdits" }, "status"),
      "permission mode: acceptEdits",
    ],
    ["a request to the API", event("system", { status: "requesting" }, "status"), undefined],
    ["what is not known yet", event("system", { subtype: "new", a: 1 }, "new"), 'new: {"a":1}'],
    ["an unknown type", event("surprise", { a: [1] }), 'surprise: {"a":[1]}'],
    ["an unknown type named like a method", event("toString", {}), "toString: {}"],
    ["a payload of a wrong shape", event("assistant", { message: 5 }), undefined],
    ["an event that is too long", event("assistant", { truncated: 300_000 }), "assistant: 300 kB, too long to show"],
    ["a receipt", event("command_lifecycle", { state: "queued" }), undefined],
    ["another status", event("status", { status: "error", reason: "exit code 1" }), "status: error (exit code 1)"],
    ["a status that goes without saying", event("status", { status: "idle", mode: "subprocess" }), undefined],
    [
      "the beginning of a terminal",
      event("status", { status: "active", mode: "interactive" }),
      "status: active in a terminal",
    ],
    ["another permission mode of the hub's", event("mode", { permission_mode: "plan" }), "permission mode: plan"],
    [
      "a terminal that failed",
      event("mode", { mode: "interactive", reason: "no tmux" }, "failed"),
      "terminal: no tmux",
    ],
    ["another conversation", event("mode", { claude_session_id: "c" }), "note: the conversation goes on as c"],
    ["a line that is too long", event("stdout", { bytes: 70_000_000 }), "stdout: a line of 70.0 MB, too long to store"],
    ["a line of stderr", event("stderr", { text: "Warning" }), "stderr: Warning"],
    ["a gap", event("gap", { missing_frames: 3 }), "gap: 3 frames of output are lost"],
    [
      "a rate limit",
      event("rate_limit_event", { rate_limit_info: { status: "rejected", resetsAt: 1e300 } }),
      "rate limit: rejected",
    ],
    ["a cleared conversation", event("conversation_reset", {}), "note: the conversation was cleared; a new one begins"],
    [
      "a permission with how to answer it",
      event("permission", { state: "asked", ...BASH, covers: "touch m1 *" }),
      `asks: Bash: touch m1
  approve: claustrum session approve web p1
  approve touch m1 * for this session: claustrum session approve web p1 --for-session
  deny: claustrum session deny web p1`,
    ],
    [
      "questions with how to answer them",
      event("permission", {
        state: "asked",
        permission_id: "p2",
        tool_name: "AskUserQuestion",
        input: {
          questions: [
            { question: "Which colour?", header: "Colour", options: [{ label: "Blue" }, { label: "Red" }] },
            { question: "Which sizes?", header: "", options: [{ label: "S" }], multiSelect: true },
          ],
        },
      }),
      `asks: AskUserQuestion:
  1. Which colour? [Colour]
     - Blue
     - Red
  2. Which sizes? (several are possible)
     - S
  answer: claustrum session answer web p2 1=ANSWER 2=ANSWER
  deny: claustrum session deny web p2`,
    ],
    [
      "an answer to a permission",
      event("permission", { state: "answered", permission_id: "p", decision: "deny", by: "me", message: "no" }),
      "denied by me (no): permission p",
    ],
    [
      "a permission that was cancelled",
      event("permission", { state: "cancelled", permission_id: "p" }),
      "cancelled: permission p",
    ],
  ] as const
) {
  Deno.test(`formatEvent() shows ${what}`, () => {
    assertEquals(formatEvent(shown, PLAIN), text);
  });
}

Deno.test("formatEvent() removes escape sequences wherever they are", () => {
  const evil = "\x1b[2J\x1b]0;owned\x07\u202ex\x9b31m";
  const events = [
    assistant({ type: "text", text: evil }),
    assistant({ type: "tool_use", name: evil, input: { [evil]: evil } }),
    assistant({ type: evil, name: evil }),
    toolResult(evil),
    toolResult([{ type: evil }], { is_error: true }),
    event(evil, { [evil]: evil }, evil),
    event("system", { model: evil, permissionMode: evil }, "init"),
    event("system", { [evil]: evil }, evil),
    event("system", { error: evil, error_status: 1 }, "api_retry"),
    event("result", { is_error: true, result: evil }),
    event("stderr", { text: evil }),
    event("prompt", { state: evil, prompt: evil }),
    event("permission", {
      state: "asked",
      permission_id: evil,
      tool_name: evil,
      input: evil,
      description: evil,
      covers: evil,
    }),
    event("permission", { state: evil, by: evil, decision: evil }),
    event("rate_limit_event", { rate_limit_info: { status: evil } }),
  ];
  for (const each of events) {
    const text = formatEvent(each, PLAIN) ?? "";
    // deno-fmt-ignore
    assertEquals(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u.test(text), false, JSON.stringify([each.type, text]));
  }
});

Deno.test("formatEvent() keeps lines within the terminal, apart from commands to copy", () => {
  const random = seededRandom(11);
  const words = ["word", "日本語", "x".repeat(70), "\n", "😀", "  ", "e\u0301"];
  for (let i = 0; i < 500; i++) {
    const text = Array.from({ length: 40 }, () => pick(random, words)).join(" ");
    const columns = 20 + Math.floor(random() * 60);
    const shown = pick(random, [
      assistant({ type: "text", text }),
      assistant({ type: "tool_use", name: "Bash", input: { command: text } }),
      toolResult(text),
      event("stderr", { text }),
      event("surprise", { text }),
      event("result", { is_error: true, result: text }),
    ]);
    for (const isColored of [false, true]) {
      const lines = formatEvent(shown, { ...PLAIN, columns, isColored })!.split("\n").map(stripControls);
      assertEquals(lines.filter((line) => displayWidth(line) > columns), [], `${columns} ${shown.type}`);
    }
  }
});

Deno.test("formatEvent() shows a long answer completely, and only the beginning of a long result", () => {
  const text = Array.from({ length: 3_000 }, (_, i) => `line ${i}`).join("\n");
  assertEquals(formatEvent(assistant({ type: "text", text }), PLAIN)?.split("\n").length, 3_000);
  assertEquals(formatEvent(toolResult(text), PLAIN)?.split("\n").length, 6);
});

Deno.test("formatEvent() shows the text of a prompt when it is sent", () => {
  const memory = new EventMemory();
  const show = (payload: Record<string, unknown>) => formatEvent(event("prompt", payload), { ...PLAIN, memory });
  assertEquals(show({ state: "queued", prompt_id: "a", prompt: "one" }), "queued: one");
  assertEquals(show({ state: "edited", prompt_id: "a", prompt: "two" }), "edited: two");
  assertEquals(show({ state: "sent", prompt_id: "a" }), "you: two");
  assertEquals(show({ state: "returned", prompt_id: "a" }), "waits again: two");
  assertEquals(show({ state: "sent", prompt_id: "a" }), "sent again: two");
});

Deno.test("formatEvent() says once why a turn has failed", () => {
  const text = "API Error: 400 bad";
  const failures = [
    [assistant({ type: "text", text }, { error: "invalid_request" }), { result: text }, `error: ${text}`],
    [
      event("user", { message: { content: [{ type: "text", text: "[Request interrupted by user]" }] } }),
      { terminal_reason: "aborted_streaming" },
      "note: the turn was interrupted",
    ],
  ] as const;
  for (const [first, result, shown] of failures) {
    const memory = new EventMemory();
    const end = event("result", { is_error: true, ...result });
    assertEquals([first, end].map((each) => formatEvent(each, { ...PLAIN, memory })), [shown, undefined]);
    assertEquals(formatEvent(end, { ...PLAIN, memory })?.startsWith("error: "), true);
  }
});

Deno.test("formatEvent() shows what an answer was about, and how to answer only what waits", () => {
  const options = { ...PLAIN, memory: new EventMemory(), pending: new Set<string>() };
  assertEquals(formatEvent(event("permission", { state: "asked", ...BASH }), options), "asks: Bash: touch m1");
  const answered = { state: "answered", permission_id: "p1", decision: "allow", by: "a rule of the session" };
  const text = "allowed by a rule of the session: Bash: touch m1";
  assertEquals(formatEvent(event("permission", answered), options), text);
});

Deno.test("formatEvent() uses colours only where they are allowed", () => {
  const shown = assistant({ type: "text", text: "hi\nyou" });
  assertEquals(formatEvent(shown, { ...PLAIN, isColored: true }), "\x1b[32magent:\x1b[39m hi\n  you");
  const failed = event("result", { is_error: true, result: "bad" });
  assertEquals(formatEvent(failed, { ...PLAIN, isColored: true }), "\x1b[31merror: bad\x1b[39m");
});

Deno.test("retryTime() returns when the agent tries again", () => {
  const retry = event("system", { subtype: "api_retry", retry_delay_ms: 2_200 }, "api_retry");
  assertEquals(retryTime(retry), Date.parse("2026-11-21T12:00:02.200Z"));
  assertEquals(retryTime(event("system", {}, "init")), undefined);
});
