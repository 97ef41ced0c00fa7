import { assert, assertEquals } from "@std/assert";
import { Conversation } from "../../../lib/web/state/conversation.ts";
import type { Entry } from "../../../lib/web/state/conversation_entry.ts";
import { EventMaker } from "../helpers/events.ts";

function read(maker: EventMaker): readonly Entry[] {
  const conversation = new Conversation();
  conversation.append(maker.events);
  return conversation.entries;
}

/** The kinds of entries, and the one thing of each that says most. */
function outline(entries: readonly Entry[]): string[] {
  return entries.map((entry) => {
    switch (entry.kind) {
      case "prompt":
        return `prompt ${entry.state} ${JSON.stringify(entry.content)}`;
      case "answer":
      case "thinking":
      case "note":
        return `${entry.kind} ${entry.text}`;
      case "tool":
        return `tool ${entry.name} ${JSON.stringify(entry.result?.content)}`;
      case "loose_result":
        return `loose ${JSON.stringify(entry.result.content)}`;
      case "turn_end":
        return `end ${entry.outcome}`;
      case "error":
        return `error ${entry.title}: ${entry.text}`;
      case "retry":
        return `retry ${entry.attempt}`;
      case "output":
        return `output ${entry.lines.join("|")}`;
      case "gap":
        return `gap ${entry.missing}`;
      case "large":
        return `large ${entry.bytes}`;
      case "unknown":
        return `unknown ${entry.label}`;
    }
  });
}

Deno.test("Conversation shows a prompt where the agent got it, with its text", () => {
  const maker = new EventMaker();
  maker.promptState("p", "queued", { prompt: "hello" });
  maker.says("still the turn before");
  maker.promptState("p", "sent");
  maker.promptState("p", "done");
  assertEquals(outline(read(maker)), ["answer still the turn before", 'prompt sent "hello"']);
});

Deno.test("Conversation shows a prompt that waits in the queue only once it is sent, as it was edited", () => {
  const maker = new EventMaker();
  maker.promptState("p", "queued", { prompt: "first" });
  maker.promptState("p", "edited", { prompt: "second" });
  assertEquals(read(maker), []);
  maker.promptState("p", "sent");
  assertEquals(outline(read(maker)), ['prompt sent "second"']);
});

Deno.test("Conversation shows a prompt that the agent never got once, where it was sent again", () => {
  const maker = new EventMaker();
  maker.prompt("p", "hello");
  maker.promptState("p", "returned");
  assertEquals(outline(read(maker)), ['prompt returned "hello"']);
  maker.event("status", { status: "stopped" }, "stopped");
  maker.promptState("p", "sent");
  assertEquals(outline(read(maker)), ["note The session was stopped.", 'prompt sent "hello"']);
});

Deno.test("Conversation does not double prompts that the agent echoes", () => {
  const maker = new EventMaker();
  maker.prompt("p", "hello");
  maker.event("user", { type: "user", message: { role: "user", content: "hello" }, uuid: "p", isReplay: true });
  assertEquals(outline(read(maker)), ['prompt sent "hello"']);
});

Deno.test("Conversation shows what a person typed in a terminal as a prompt", () => {
  const maker = new EventMaker();
  maker.event("user", { message: { role: "user", content: "from the terminal" }, from_transcript: true });
  maker.event("user", {
    message: { content: "<command-name>/cost</command-name>\n<command-args>now</command-args>" },
    from_transcript: true,
  });
  const entries = read(maker);
  assertEquals(outline(entries), [
    'prompt sent [{"type":"text","text":"from the terminal"}]',
    'prompt sent "/cost now"',
  ]);
  assertEquals(entries.map((entry) => entry.kind === "prompt" && entry.from), ["terminal", "terminal"]);
});

Deno.test("Conversation joins the result of a tool with its call 1,000 events before", () => {
  const maker = new EventMaker();
  maker.calls("t", "Bash", { command: "make" });
  for (let i = 0; i < 1_000; i++) maker.says(`${i}`);
  maker.returns("t", "made");
  const entries = read(maker);
  assertEquals(entries.length, 1_001);
  assertEquals(outline(entries)[0], 'tool Bash "made"');
});

Deno.test("Conversation joins the result of a tool with its call when the page of the call is loaded later", () => {
  const maker = new EventMaker();
  maker.calls("t", "Bash", { command: "make" });
  maker.says("between");
  maker.returns("t", "made");
  const conversation = new Conversation();
  conversation.append(maker.events.slice(1));
  assertEquals(outline(conversation.entries), ["answer between", 'loose "made"']);
  conversation.prepend(maker.events.slice(0, 1));
  assertEquals(outline(conversation.entries), ['tool Bash "made"', "answer between"]);
});

Deno.test("Conversation fills in the text of a prompt when the page that has it is loaded later", () => {
  const maker = new EventMaker();
  maker.promptState("p", "queued", { prompt: "hello" });
  maker.says("between");
  maker.promptState("p", "sent");
  const conversation = new Conversation();
  conversation.append(maker.events.slice(1));
  assertEquals(outline(conversation.entries), ["answer between", "prompt sent undefined"]);
  conversation.prepend(maker.events.slice(0, 1));
  assertEquals(outline(conversation.entries), ["answer between", 'prompt sent "hello"']);
});

Deno.test("Conversation takes each event once, in whatever overlapping pages it comes", () => {
  const maker = new EventMaker();
  for (let i = 0; i < 10; i++) maker.says(`${i}`);
  const conversation = new Conversation();
  conversation.append(maker.events.slice(4, 8));
  conversation.append(maker.events.slice(6));
  conversation.prepend(maker.events.slice(0, 6));
  assertEquals(outline(conversation.entries), maker.events.map((_, i) => `answer ${i}`));
});

Deno.test("Conversation says who belongs to an agent that a tool has started, and not its prompt twice", () => {
  const maker = new EventMaker();
  const parent_tool_use_id = "t";
  maker.calls("t", "Task", { prompt: "look" });
  maker.event("user", { message: { content: [{ type: "text", text: "look" }] }, parent_tool_use_id });
  maker.event("user", { message: { content: [{ type: "text", text: "look again" }] }, parent_tool_use_id });
  maker.says("looked", { parent_tool_use_id });
  const entries = read(maker);
  assertEquals(outline(entries), [
    "tool Task undefined",
    'prompt sent [{"type":"text","text":"look again"}]',
    "answer looked",
  ]);
  assertEquals(entries.map(({ parent }) => parent), [undefined, "t", "t"]);
});

Deno.test("Conversation shows thinking, and all blocks of a message in their order", () => {
  const maker = new EventMaker();
  maker.assistant([
    { type: "thinking", thinking: "hm" },
    { type: "redacted_thinking", data: "…" },
    { type: "text", text: "yes" },
    { type: "tool_use", id: "t", name: "Read", input: {} },
    { type: "never_seen", value: 1 },
  ]);
  assertEquals(outline(read(maker)), ["thinking hm", "answer yes", "tool Read undefined", "unknown never_seen"]);
});

Deno.test("Conversation tells an interruption once, at the end of the turn", () => {
  const maker = new EventMaker();
  maker.says("one two", { aborted: true });
  maker.event("user", { message: { content: [{ type: "text", text: "[Request interrupted by user]" }] } });
  assertEquals(outline(read(maker)), ["answer one two", "note Interrupted"]);
  maker.result({ is_error: true, terminal_reason: "aborted_streaming", errors: ["[ede_diagnostic]"] });
  assertEquals(outline(read(maker)), ["answer one two", "end interrupted"]);
});

Deno.test("Conversation tells an error of the model's API once", () => {
  const maker = new EventMaker();
  maker.says("API Error: 400", { is_api_error_message: true, error: "unknown" });
  maker.result({ is_error: true, result: "API Error: 400", terminal_reason: "api_error" });
  const [error, end] = read(maker);
  assertEquals(error?.kind === "error" && error.text, "API Error: 400");
  assertEquals(end?.kind === "turn_end" && [end.outcome, end.reason], ["failed", undefined]);
});

Deno.test("Conversation tells why a turn failed where nothing else has", () => {
  const maker = new EventMaker();
  maker.result({ is_error: true, subtype: "error_during_execution", errors: ["no conversation found"] });
  const [end] = read(maker);
  assertEquals(end?.kind === "turn_end" && [end.outcome, end.reason], ["failed", "no conversation found"]);
});

Deno.test("Conversation tells the cost of each turn, though the agent reports that of its process", () => {
  const maker = new EventMaker();
  maker.result({ total_cost_usd: 0.5, result_index: 0 });
  maker.result({ total_cost_usd: 0.75, result_index: 1 });
  maker.result({ total_cost_usd: 0.25, result_index: 0 });
  assertEquals(read(maker).map((entry) => entry.kind === "turn_end" && entry.costUsd), [0.5, 0.25, 0.25]);
});

Deno.test("Conversation shows the last of several retries, and when it comes", () => {
  const maker = new EventMaker();
  maker.system("api_retry", {
    attempt: 1,
    max_retries: 10,
    retry_delay_ms: 500,
    error_status: 529,
    error: "overloaded",
  });
  maker.system("api_retry", { attempt: 2, max_retries: 10, retry_delay_ms: 1_100, error_status: 529 });
  const [retry, ...more] = read(maker);
  assertEquals(more, []);
  assertEquals(retry?.kind === "retry" && [retry.attempt, retry.until], [2, Date.parse(maker.events[1]!.at) + 1_100]);
});

Deno.test("Conversation notes changes of mode and model, and no mode twice", () => {
  const maker = new EventMaker();
  maker.system("init", { model: "a", permissionMode: "default" });
  maker.event("mode", { permission_mode: "plan" });
  maker.system("status", { permissionMode: "plan" });
  maker.system("init", { model: "b", permissionMode: "plan" });
  assertEquals(outline(read(maker)), ["note Permission mode: plan", "note Model: b"]);
});

Deno.test("Conversation notes compaction, /clear, and what became of the session", () => {
  const maker = new EventMaker();
  maker.system("compact_boundary", { compact_metadata: { pre_tokens: 1_000 } });
  maker.event("conversation_reset", {});
  maker.event("status", { status: "active", mode: "interactive" }, "active");
  maker.event("status", { status: "idle", mode: "subprocess" }, "idle");
  maker.event("status", { status: "error", mode: "subprocess", reason: "it crashed" }, "error");
  assertEquals(outline(read(maker)), [
    "note The conversation was compacted. It had 1,000 tokens.",
    "note The conversation was cleared. A new one begins.",
    "note The session was opened in a terminal.",
    "note The session came back from the terminal.",
    "error The session ended with an error: it crashed",
  ]);
});

Deno.test("Conversation says how many messages are missing", () => {
  const maker = new EventMaker();
  maker.event("gap", { missing_frames: 7 });
  assertEquals(outline(read(maker)), ["gap 7"]);
});

Deno.test("Conversation gathers lines of stderr, up to a bound", () => {
  const maker = new EventMaker();
  for (let i = 0; i < 201; i++) maker.event("stderr", { text: `${i}` });
  const lines = read(maker).map((entry) => entry.kind === "output" ? entry.lines.length : 0);
  assertEquals(lines, [200, 1]);
});

Deno.test("Conversation shows what it does not know with its type, and is silent about what says nothing", () => {
  const maker = new EventMaker();
  maker.event("never_seen", { type: "never_seen", value: [1] });
  maker.system("never_seen", { value: 2 });
  maker.system("session_state_changed", { state: "idle" });
  maker.event("command_lifecycle", { state: "queued" });
  maker.event("rate_limit_event", { rate_limit_info: { status: "allowed" } });
  assertEquals(outline(read(maker)), ["unknown never_seen", "unknown system never_seen"]);
});

Deno.test("Conversation takes events whose fields are all of the wrong type", () => {
  const maker = new EventMaker();
  const wrong = [null, 7, "text", [], { message: null }, { message: { content: [null, 7, [], { type: 3 }] } }];
  for (
    const type of ["assistant", "user", "result", "system", "prompt", "permission", "status", "mode", "gap", "stderr"]
  ) {
    for (const payload of wrong) maker.event(type, payload);
  }
  for (const type of ["constructor", "__proto__", "toString"]) maker.event(type, {});
  assert(read(maker).length > 0);
});

Deno.test("Conversation puts a large event in its place when it is loaded, and joins it with its call", () => {
  const maker = new EventMaker();
  maker.calls("t", "Bash", { command: "make" });
  const large = maker.returns("t", "a long story");
  maker.says("after");
  const conversation = new Conversation();
  conversation.append(
    maker.events.map((event) => event === large ? { ...event, payload: { truncated: 300_000 } } : event),
  );
  assertEquals(outline(conversation.entries), ["tool Bash undefined", "large 300000", "answer after"]);
  conversation.replace(large);
  assertEquals(outline(conversation.entries), ['tool Bash "a long story"', "answer after"]);
});

Deno.test("Conversation says at a call of a tool who allowed it", () => {
  const maker = new EventMaker();
  const asked = { state: "asked", tool_name: "Bash", input: { command: "b" } };
  maker.calls("1", "Bash", { command: "a" });
  maker.calls("2", "Bash", { command: "b" });
  maker.event("permission", { permission_id: "q", ...asked }, "asked");
  assertEquals(read(maker).map((entry) => entry.kind === "tool" && entry.permission?.state), [undefined, "asked"]);
  maker.event(
    "permission",
    { permission_id: "q", state: "answered", decision: "allow_session", by: "anna" },
    "answered",
  );
  const [, second] = read(maker);
  assertEquals(second?.kind === "tool" && second.permission, {
    id: "q",
    state: "allowed",
    by: "anna",
    isForSession: true,
  });
});

Deno.test("Conversation notes an answer to a permission whose call is not loaded", () => {
  const maker = new EventMaker();
  maker.event("permission", { permission_id: "q", state: "answered", decision: "deny", by: "anna" }, "answered");
  assertEquals(outline(read(maker)), ["note A tool: denied by anna"]);
});

Deno.test("Conversation keeps calls of tools apart that have the same id", () => {
  const maker = new EventMaker();
  maker.calls("t", "Bash", { command: "a" });
  maker.calls("t", "Bash", { command: "b" });
  const keys = read(maker).map(({ key }) => key);
  assertEquals(new Set(keys).size, 2);
});

Deno.test("Conversation adds an event without touching the chunks before the last one", () => {
  const maker = new EventMaker();
  for (let i = 0; i < 20_000; i++) maker.says(`${i}`);
  const conversation = new Conversation();
  conversation.append(maker.events.slice(0, -1));
  const before = conversation.chunks.value.slice(0, -1).map((chunk) => chunk.entries.value);
  conversation.append(maker.events.slice(-1));
  const after = conversation.chunks.value.slice(0, before.length).map((chunk) => chunk.entries.value);
  assert(before.every((entries, i) => entries === after[i]));
  assert(conversation.chunks.value.every((chunk) => chunk.entries.value.length <= 40));
});

Deno.test("Conversation lets go of the oldest events, and reads them again as they were", () => {
  const maker = new EventMaker();
  maker.calls("t", "Bash", { command: "make" });
  for (let i = 0; i < 200; i++) maker.says(`${i} ${"x".repeat(1_000)}`);
  maker.returns("t", "made");
  const conversation = new Conversation();
  conversation.append(maker.events);
  const all = outline(conversation.entries);
  conversation.trim("oldest", 60_000);
  assert(conversation.weight <= 60_000 || conversation.chunks.value.length === 1);
  const first = conversation.first!.id;
  assert(first > 100);
  conversation.prepend(maker.events.filter(({ id }) => id < first));
  assertEquals(outline(conversation.entries), all);
});

Deno.test("Conversation lets go of the newest events, and reads them again as they were", () => {
  const maker = new EventMaker();
  maker.calls("t", "Bash", { command: "make" });
  for (let i = 0; i < 200; i++) maker.says(`${i} ${"x".repeat(1_000)}`);
  maker.returns("t", "made");
  const conversation = new Conversation();
  conversation.append(maker.events);
  const all = outline(conversation.entries);
  conversation.trim("newest", 60_000);
  const last = conversation.last!.id;
  assert(last < 100);
  conversation.append(maker.events.filter(({ id }) => id > last));
  assertEquals(outline(conversation.entries), all);
});

Deno.test("Conversation finds the entry of an event, of a result, or the one before", () => {
  const maker = new EventMaker();
  maker.calls("t", "Bash", {});
  maker.returns("t", "made");
  maker.system("session_state_changed");
  const conversation = new Conversation();
  conversation.append(maker.events);
  assertEquals([1, 2, 3].map((id) => conversation.find(id)?.key), ["t:t", "t:t", "t:t"]);
});
