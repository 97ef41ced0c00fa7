import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { agentArguments } from "../../lib/agent/arguments.ts";
import type { EventMessage, LifecycleFact } from "../../lib/agent/message_types.ts";
import * as requests from "../../lib/agent/requests.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { hasFact, isKind } from "../helpers/driven_agent.ts";
import { waitFor } from "../helpers/wait.ts";
import { isAsking, isResponse, outline, records, world } from "./stand_in_fixture.ts";

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
