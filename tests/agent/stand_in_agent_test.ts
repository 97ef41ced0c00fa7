import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { agentArguments, terminalArguments } from "../../lib/agent/arguments.ts";
import type { AgentMessage, EventMessage, LifecycleFact } from "../../lib/agent/message.ts";
import * as requests from "../../lib/agent/requests.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { driveAgent, type DriveOptions, hasFact, isKind } from "../helpers/driven_agent.ts";
import { findProgram, needing } from "../helpers/program.ts";
import { standInAgent } from "../helpers/stand_in_agent.ts";
import { tempDir } from "../helpers/temp.ts";
import { openTerminal } from "../helpers/terminal.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

/** A home with the program of a stand-in. */
async function world() {
  const dir = await tempDir();
  const { program, stdinLog, outputLog } = await standInAgent(dir.path);
  return {
    home: dir.path,
    program,
    stdinLog,
    outputLog,
    start: (options: Partial<DriveOptions> = {}) => driveAgent({ program, home: dir.path, ...options }),
    transcript: (id: string) => `${dir.path}/.claude/projects/${dir.path.replaceAll(/[^A-Za-z0-9]/g, "-")}/${id}.jsonl`,
    running: () => Array.from(Deno.readDirSync(`${dir.path}/.claude/sessions`)).map(({ name }) => name),
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}

const records = async (path: string): Promise<Record<string, unknown>[]> =>
  (await Deno.readTextFile(path)).trimEnd().split("\n").map((line) => JSON.parse(line));

const isAsking = isKind("permission_request");
const isResponse = isKind("response");
const outline = (messages: readonly AgentMessage[]) =>
  messages.map((message) =>
    message.kind === "event" ? (message as EventMessage).fact?.fact ?? message.type : message.kind
  );

Deno.test("the stand-in says nothing before it is asked, and answers initialize", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.write(requests.initializeLine("r1"));
  const { requestId, response } = await agent.next("the reply", isResponse);
  assertEquals([requestId, response!["pid"], agent.messages.length], ["r1", agent.pid, 1]);
});

Deno.test("the stand-in thinks, speaks and uses tools in one turn, as a script says", async () => {
  await using place = await world();
  await using agent = place.start();
  const result = await agent.turn('script [["think","a thought"],["tool","Bash pwd"],["say","a word"]]');
  const blocks = agent.messages.filter((message) => message.kind === "event" && message.type === "assistant")
    .flatMap((message) => ((message as EventMessage).json["message"] as { content: { type: string }[] }).content);
  assertEquals(blocks.map(({ type }) => type), ["thinking", "tool_use", "text"]);
  assertEquals(result.text, "a word");
});

Deno.test("the stand-in answers a prompt and records it under its UUID", async () => {
  await using place = await world();
  await using agent = place.start({ model: "m", permissionMode: "plan" });
  const uuid = await agent.prompt("echo hello");
  const result = await agent.result();
  assertEquals([result.text, result.sessionId, result.isError], ["echo: hello", agent.id, false]);
  const init = agent.messages.find(hasFact("turn_started")) as EventMessage;
  assertEquals([init.json["model"], init.json["permissionMode"]], ["m", "plan"]);
  const all = await records(place.transcript(agent.id));
  assertEquals(all.map(({ type }) => type), ["queue-operation", "queue-operation", "user", "assistant"]);
  const said = agent.messages.find((message) => message.kind === "event" && message.type === "assistant");
  assertEquals([all[2]!["uuid"], all[3]!["uuid"]], [uuid, (said as EventMessage).uuid]);
});

Deno.test("the stand-in sends the result before the prompt's end", async () => {
  await using place = await world();
  await using agent = place.start({ env: { CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS: "1" } });
  await agent.prompt("hi");
  await agent.next(
    "idle",
    (message): message is EventMessage =>
      message.kind === "event" && message.fact?.fact === "state" && message.fact.state === "idle",
  );
  assertEquals(outline(agent.messages).filter((one) => one !== "partial"), [
    "state",
    "lifecycle",
    "lifecycle",
    "turn_started",
    "system",
    "assistant",
    "result",
    "lifecycle",
    "state",
  ]);
});

Deno.test("the stand-in streams pieces of an answer", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.turn("slow 3 1");
  const partials = agent.messages.filter(isKind("partial"));
  assertEquals(partials.filter(({ isStart }) => isStart).length, 1);
  assertEquals(partials.flatMap(({ text }) => text ?? []), ["1 ", "2 ", "3 "]);
});

Deno.test("the stand-in refuses arguments as the real one does", async () => {
  await using place = await world();
  const [id, other] = [crypto.randomUUID(), crypto.randomUUID()];
  await using first = place.start({ claudeSessionId: id });
  await first.turn("hi");
  const base = { claudeSessionId: id, extra: [] };
  const cases: [string[], string][] = [
    [agentArguments(base), `Error: Session ID ${id} is already in use.`],
    [agentArguments({ ...base, claudeSessionId: "x" }), "Error: Invalid session ID. Must be a valid UUID."],
    [agentArguments({ ...base, resume: other }), `No conversation found with session ID: ${other}`],
    [agentArguments({ ...base, resume: "x" }), "Error: --resume requires a valid session ID"],
    [[...agentArguments({ ...base, resume: id }), `--session-id=${other}`], "also needs --fork-session"],
    [agentArguments({ ...base, extra: ["--nonsense=1"] }), "error: unknown option '--nonsense=1'"],
    [agentArguments({ ...base, claudeSessionId: other, permissionMode: "x" }), "is invalid. Allowed choices are"],
    [agentArguments(base).filter((arg) => arg !== "--verbose"), "requires --verbose"],
    [[], "Error: Input must be provided"],
  ];
  for (const [args, message] of cases) {
    await using agent = place.start({ args });
    const { code, stderr } = await agent.end();
    assertEquals(code, 1, message);
    assertStringIncludes(stderr, message);
  }
});

Deno.test("the stand-in goes on with a conversation, also from another directory", async () => {
  await using place = await world();
  const { id } = await (async () => {
    await using agent = place.start();
    await agent.turn("first");
    return agent;
  })();
  await Deno.mkdir(`${place.home}/elsewhere`);
  await using agent = place.start({ resume: id, cwd: `${place.home}/elsewhere` });
  const result = await agent.turn("recall");
  assertEquals([result.text, result.sessionId], ["first", id]);
  assertEquals((await records(place.transcript(id))).filter(({ type }) => type === "user").length, 2);
});

Deno.test("the stand-in forks into an id of ours with the first prompt", async () => {
  await using place = await world();
  await using first = place.start();
  await first.turn("first");
  const before = await Deno.readTextFile(place.transcript(first.id));
  await using fork = place.start({ resume: first.id, fork: true });
  await fork.write(requests.initializeLine("r"));
  await fork.next("the reply", isResponse);
  assertEquals(await isThere(place.transcript(fork.id)), false);
  assertEquals((await fork.turn("recall")).text, "first");
  assertEquals(await Deno.readTextFile(place.transcript(first.id)), before);
  assertEquals((await records(place.transcript(fork.id))).every(({ sessionId }) => sessionId === fork.id), true);
});

Deno.test("the stand-in merges prompts that come while it answers", async () => {
  await using place = await world();
  await using agent = place.start();
  const first = await agent.prompt("stall");
  await agent.next("the turn", hasFact("turn_started"));
  const second = await agent.prompt("two");
  const third = await agent.prompt("three");
  await agent.write(requests.interruptLine("stop"));
  assertEquals([(await agent.result()).isError, (await agent.result()).text], [true, "echo: two\nthree"]);
  await agent.turn("over");
  const ended = agent.messages.filter(hasFact("lifecycle")).map(({ fact }) => fact as LifecycleFact)
    .filter(({ state }) => state === "completed" || state === "cancelled").map(({ uuid, state }) => [uuid, state]);
  assertEquals(ended.slice(0, 3), [[first, "cancelled"], [second, "completed"], [third, "completed"]]);
});

Deno.test("the stand-in takes prompts that come while a tool runs into the turn", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("tool Bash touch began; while [ ! -e go ]; do sleep 0.01; done");
  const { requestId } = await agent.next("the question", isAsking);
  await agent.write(requests.permissionLine(requestId, { behavior: "allow" }));
  await waitFor("the tool", () => isThere(`${place.home}/began`));
  const uuid = await agent.prompt("meanwhile");
  await agent.next(
    "its place in the queue",
    (message): message is EventMessage =>
      hasFact("lifecycle")(message) && (message.fact as LifecycleFact).uuid === uuid,
  );
  await Deno.writeTextFile(`${place.home}/go`, "");
  assertEquals((await agent.result()).text, "ran:  (meanwhile: meanwhile)");
  const all = await records(place.transcript(agent.id));
  assertEquals(all.filter((record) => record["uuid"] === uuid).length, 0);
  const attachment = all.find(({ type }) => type === "attachment")!["attachment"];
  assertEquals(attachment, { type: "queued_command", prompt: "meanwhile", source_uuid: uuid });
});

Deno.test("the stand-in asks before it uses a tool, and really uses it", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("tool Bash touch made && echo done");
  const asked = await agent.next("the question", isAsking);
  assertEquals([asked.toolName, asked.requiresUserInteraction], ["Bash", false]);
  assertEquals(await isThere(`${place.home}/made`), false);
  await agent.write(requests.permissionLine(asked.requestId, { behavior: "allow" }));
  assertEquals((await agent.result()).text, "ran: done");
  assertEquals(await isThere(`${place.home}/made`), true);
});

Deno.test("the stand-in runs the changed input", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("tool Bash touch a");
  const { requestId } = await agent.next("the question", isAsking);
  const updatedInput = { command: "echo other" };
  await agent.write(requests.permissionLine(requestId, { behavior: "allow", updatedInput }));
  assertEquals((await agent.result()).text, "ran: other");
});

Deno.test("the stand-in goes on after a denial, and after an error of the host", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("tool Write f text");
  const first = await agent.next("the question", isAsking);
  await agent.write(requests.permissionLine(first.requestId, { behavior: "deny", message: "NOT NOW" }));
  const denied = await agent.result();
  assertEquals([denied.text, denied.isError], ["denied: NOT NOW", false]);
  await agent.prompt("tool Write f text");
  const second = await agent.next("the question", isAsking);
  await agent.write(requests.requestErrorLine(second.requestId, "broke"));
  assertEquals((await agent.result()).text, "denied: Tool permission request failed: Error: broke");
  assertEquals(await isThere(`${place.home}/f`), false);
});

Deno.test("the stand-in ends the turn at a denial that interrupts", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("tool Bash touch a");
  const { requestId } = await agent.next("the question", isAsking);
  await agent.write(requests.permissionLine(requestId, { behavior: "deny", message: "stop", interrupt: true }));
  const result = await agent.result();
  assertEquals([result.isError, result.subtype], [true, "error_during_execution"]);
});

Deno.test("the stand-in asks about the calls of one message one after the other", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("tools touch a ;; touch b");
  for (const command of ["touch a", "touch b"]) {
    const { requestId, input } = await agent.next("the question", isAsking);
    assertEquals((input as { command: string }).command, command);
    await agent.write(requests.permissionLine(requestId, { behavior: "allow" }));
  }
  assertEquals((await agent.result()).text, "ran: ; ran: ");
});

Deno.test("the stand-in asks people", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("ask Which colour?");
  const { requestId, requiresUserInteraction, input, suggestions } = await agent.next("the question", isAsking);
  assertEquals([requiresUserInteraction, suggestions], [true, []]);
  const updatedInput = { ...input as object, answers: { "Which colour?": "Blue" } };
  await agent.write(requests.permissionLine(requestId, { behavior: "allow", updatedInput }));
  assertEquals((await agent.result()).text, 'Your questions have been answered: "Which colour?"="Blue".');
});

Deno.test("the stand-in leaves plan mode when its plan is allowed", async () => {
  await using place = await world();
  await using agent = place.start({ permissionMode: "plan" });
  await agent.prompt("plan do it");
  const { requestId, toolName } = await agent.next("the question", isAsking);
  assertEquals(toolName, "ExitPlanMode");
  await agent.write(requests.permissionLine(requestId, { behavior: "allow" }));
  const { fact } = await agent.next("the mode", hasFact("mode"));
  assertEquals(fact, { fact: "mode", permissionMode: "default" });
  assertEquals((await agent.result()).text, "planned");
});

Deno.test("the stand-in cancels its question before it confirms an interruption", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("tool Bash touch a");
  const { requestId } = await agent.next("the question", isAsking);
  await agent.write(requests.interruptLine("stop"));
  const result = await agent.result();
  assertEquals(result.isError, true);
  const kinds = agent.messages.slice(agent.messages.findIndex(isKind("cancel_request"))).map(({ kind }) => kind);
  assertEquals(kinds.slice(0, 2), ["cancel_request", "response"]);
  assertEquals(agent.messages.find(isKind("cancel_request"))!.requestId, requestId);
  await agent.write(requests.permissionLine(requestId, { behavior: "allow" }));
  assertEquals((await agent.turn("on")).text, "echo: on");
  assertEquals(await isThere(`${place.home}/a`), false);
});

Deno.test("the stand-in keeps what it said when it is interrupted, and goes on", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("stall");
  await agent.next(
    "the last piece",
    (message): message is Extract<AgentMessage, { kind: "partial" }> =>
      message.kind === "partial" && message.text === "three ",
  );
  await agent.write(requests.interruptLine("stop"));
  assertEquals((await agent.next("the reply", isResponse)).response, { still_queued: [] });
  const { subtype, isError } = await agent.result();
  assertEquals([subtype, isError], ["error_during_execution", true]);
  const texts = (await records(place.transcript(agent.id))).map((record) => JSON.stringify(record["message"] ?? ""));
  assertStringIncludes(texts.at(-2)!, "one two three ");
  assertStringIncludes(texts.at(-1)!, "[Request interrupted by user]");
  assertEquals((await agent.turn("on")).text, "echo: on");
});

Deno.test("the stand-in sends no result for an interruption when it is idle", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.write(requests.interruptLine("stop"));
  assertEquals((await agent.next("the reply", isResponse)).isError, false);
  assertEquals((await agent.turn("hi")).text, "echo: hi");
  assertEquals(agent.messages.filter(hasFact("result")).length, 1);
});

Deno.test("the stand-in runs queued prompts after an interruption", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("stall");
  await agent.next("the turn", hasFact("turn_started"));
  const uuid = await agent.prompt("next");
  await agent.write(requests.interruptLine("stop"));
  assertEquals((await agent.next("the reply", isResponse)).response, { still_queued: [uuid] });
  assertEquals([(await agent.result()).isError, (await agent.result()).text], [true, "echo: next"]);
});

Deno.test("the stand-in changes mode and model, and refuses what the real one refuses", async () => {
  await using place = await world();
  await using agent = place.start();
  const reply = async (line: string) => {
    await agent.write(line);
    const { requestId: _, kind: __, ...rest } = await agent.next("the reply", isResponse);
    return rest;
  };
  assertEquals(await reply(requests.setModeLine("a", "acceptEdits")), {
    isError: false,
    response: { mode: "acceptEdits" },
  });
  await agent.next("the mode", hasFact("mode"));
  assertEquals((await reply(requests.setModeLine("b", "bypassPermissions"))).errorCode, "bypass_not_launched");
  assertEquals((await reply(requests.setModeLine("c", "odd"))).errorCode, "invalid_mode");
  assertEquals((await reply(requests.setModelLine("d", "m"))).response, { model: "m" });
  const nonsense = { type: "control_request", request_id: "e", request: { subtype: "nonsense" } };
  assertEquals((await reply(`${JSON.stringify(nonsense)}\n`)).errorCode, "unsupported_request");
  assertEquals((await agent.turn("tool Write f text")).text, `ran: File created successfully at: ${place.home}/f`);
});

Deno.test("the stand-in ends at once at a line that it cannot parse", async () => {
  await using place = await world();
  for (
    const [line, message] of [["nonsense", "Error parsing"], ['{"type":"user","message":{"role":"x"}}', "role 'user'"]]
  ) {
    await using agent = place.start();
    await agent.write(`\n{"type":"new"}\n${line}\n`);
    const { code, stderr } = await agent.end();
    assertEquals(code, 1);
    assertStringIncludes(stderr, message!);
  }
});

Deno.test("the stand-in finishes its turn and the queue when stdin ends", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("slow 3 10");
  await agent.prompt("last");
  await agent.close();
  assertEquals([(await agent.end()).code, (await agent.result()).text], [0, "1 2 3 "]);
  assertEquals((await agent.result()).text, "echo: last");
  assertEquals(place.running(), []);
});

Deno.test("the stand-in denies its own question when stdin ends", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("tool Bash touch a");
  await agent.next("the question", isAsking);
  await agent.close();
  assertMatch((await agent.result()).text!, /^denied: Tool permission request failed: AbortError/);
  assertEquals((await agent.end()).code, 0);
});

Deno.test("the stand-in ends with 1 when its last result was an error", async () => {
  await using place = await world();
  await using agent = place.start();
  const result = await agent.turn("error");
  assertEquals([result.subtype, result.isError, result.text], ["success", true, "API Error: 400 bad thing"]);
  await agent.close();
  assertEquals((await agent.end()).code, 1);
});

Deno.test("the stand-in ends with the real one's codes at signals, and leaves nothing behind", async () => {
  await using place = await world();
  for (const [signal, code] of [["SIGTERM", 143], ["SIGHUP", 129], ["SIGINT", 0]] as const) {
    await using agent = place.start();
    await agent.prompt("stall");
    await agent.next("the turn", hasFact("turn_started"));
    agent.kill(signal);
    assertEquals((await agent.end()).code, code, signal);
    assertEquals(agent.messages.some(hasFact("result")), signal === "SIGINT", signal);
    assertEquals(place.running(), []);
  }
});

Deno.test("the stand-in's tool outlives a SIGKILL but not a SIGTERM", async () => {
  await using place = await world();
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    await using agent = place.start({ permissionMode: "auto" });
    await agent.prompt(`tool Bash echo $$ > ${signal}.new; mv ${signal}.new ${signal}; exec sleep 1000`);
    const file = `${place.home}/${signal}`;
    await waitFor("the tool", () => isThere(file));
    const pid = Number(await Deno.readTextFile(file));
    agent.kill(signal);
    await agent.end();
    if (signal === "SIGTERM") await waitFor("the tool's end", () => !isAlive(pid));
    else {
      assert(isAlive(pid));
      Deno.kill(pid, "SIGKILL");
    }
  }
});

Deno.test("the stand-in moves to another id at /clear, which is not the one that it names", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.turn("first");
  await agent.prompt("/clear");
  const { fact, sessionId } = await agent.next("the reset", hasFact("conversation_reset"));
  const cleared = await agent.result();
  assertEquals(sessionId, agent.id);
  assertNotEquals(cleared.sessionId, agent.id);
  assertNotEquals(cleared.sessionId, (fact as { newId: string }).newId);
  assertEquals((await agent.turn("recall")).text, "");
  const running = JSON.parse(await Deno.readTextFile(`${place.home}/.claude/sessions/${agent.pid}.json`));
  assertEquals([running.sessionId, running.entrypoint], [cleared.sessionId, "sdk-cli"]);
});

Deno.test("the stand-in starts a turn by itself, and takes a prompt into it", async () => {
  await using place = await world();
  await using agent = place.start();
  assertEquals((await agent.turn("background 1 700")).text, "started");
  await agent.next("the task's end", hasFact("task_notification"));
  await agent.next("its turn", hasFact("turn_started"));
  const uuid = await agent.prompt("hello");
  const { isTaskNotification, text } = await agent.result();
  assertEquals([isTaskNotification, text], [true, "the task is over (meanwhile: hello)"]);
  const { fact } = await agent.next("the prompt's end", hasFact("lifecycle"));
  assertEquals(fact, { fact: "lifecycle", uuid, state: "completed" });
});

Deno.test("the stand-in writes whatever a reader must bear", async () => {
  await using place = await world();
  await using agent = place.start();
  for (const prompt of ["stderr oops", "garbage", "binary", "unknown", "retry"]) {
    assertEquals((await agent.turn(prompt)).text, "said", prompt);
  }
  assertEquals((await agent.turn("split a b")).text, "split over");
  assertEquals((await agent.turn("line 2000000")).text!.length, 2_000_000);
  assertEquals((await agent.turn("burst 100 10")).text, "burst over");
  await agent.prompt("request");
  const { requestId, subtype } = await agent.next("the request", isKind("other_request"));
  assertEquals(subtype, "never_seen");
  await agent.write(requests.requestErrorLine(requestId, "what?"));
  assertEquals((await agent.result()).text, "what?");
  await agent.prompt("half 7");
  const { code, stderr } = await agent.end();
  assertEquals([code, stderr], [7, "oops\nin between\n"]);
  const texts = agent.messages.filter(isKind("text")).map(({ text }) => text);
  assertEquals(texts, ["this is no JSON", "\0\ufffd\ufffd\ufffda"]);
});

Deno.test("the stand-in ends as it is told", async () => {
  await using place = await world();
  for (
    const [prompt, code, signal] of [["crash 3", 3, null], ["exit", 0, null], ["suicide", 137, "SIGKILL"]] as const
  ) {
    await using agent = place.start();
    await agent.prompt(prompt);
    const end = await agent.end();
    assertEquals([end.code, end.signal], [code, signal]);
  }
});

Deno.test("the stand-in logs what it reads and what it writes, to the byte", async () => {
  await using place = await world();
  await using agent = place.start();
  const uuid = await agent.prompt("echo grüße");
  await agent.result();
  await agent.close();
  await agent.end();
  assertEquals(await place.stdinLog(agent.id), requests.userLine({ uuid, content: "echo grüße" }));
  const lines = (await place.outputLog()).trimEnd().split("\n");
  assertEquals(lines, agent.messages.map((message) => "json" in message ? JSON.stringify(message.json) : ""));
});

Deno.test({
  ...needing("the stand-in talks to people in a terminal", findProgram("tmux") !== undefined, "tmux"),
  async fn() {
    await using place = await world();
    const id = crypto.randomUUID();
    await using first = place.start({ claudeSessionId: id });
    await first.turn("ALPHA");
    await first.close();
    await first.end();
    const args = terminalArguments({ claudeSessionId: id, resume: id, permissionMode: "default", extra: [] });
    await using terminal = await openTerminal(
      `cd ${place.home} && HOME=${place.home} ${place.program} ${args.join(" ")}; sleep 1000`,
    );
    await waitFor("the conversation so far", async () => (await terminal.screen()).includes("echo: ALPHA"));
    await terminal.type("BETA", "Enter");
    await waitFor("the answer", async () => (await terminal.screen()).includes("echo: BETA"));
    const [note] = place.running();
    const running = async () => JSON.parse(await Deno.readTextFile(`${place.home}/.claude/sessions/${note}`));
    assertEquals([(await running()).sessionId, (await running()).entrypoint], [id, "cli"]);
    await terminal.type("/clear", "Enter");
    const moved = await waitFor("another id", async () => {
      const { sessionId } = await running();
      return sessionId === id ? undefined : sessionId as string;
    });
    await terminal.type("GAMMA", "Enter", "/exit", "Enter");
    await waitFor("the end", () => place.running().length === 0);
    await using old = place.start({ resume: id });
    assertEquals((await old.turn("recall")).text, "ALPHA | BETA");
    await using last = place.start({ resume: moved });
    assertEquals((await last.turn("recall")).text, "GAMMA");
  },
});
