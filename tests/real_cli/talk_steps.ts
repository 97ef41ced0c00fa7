import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { isThere } from "../../lib/system/private_files.ts";
import { waitFor } from "../helpers/wait.ts";
import type { Step } from "./sessions.ts";
import { checkStored } from "./stored_check.ts";

/** Prompts, permissions, the queue, interruption, stopping, resuming and forking. */
export const TALK_STEPS: readonly Step[] = [
  ["two turns", async (world) => {
    const { id } = await world.start("turns");
    assertEquals(await world.ask(id, "echo one"), "echo: one");
    assertEquals(await world.ask(id, "recall"), "echo one");
    assertEquals((await world.until(id, "idle", ({ status }) => status === "idle")).turns, 2);
    await checkStored(world, id);
  }],
  ["a permission that is allowed", async (world) => {
    const { id, path } = await world.start("allow");
    const prompt = await world.send(id, "tool Bash touch marker");
    const { id: permission_id, tool_name, input } = await world.question(id);
    assertEquals([tool_name, (input as { command: string }).command], ["Bash", "touch marker"]);
    assertEquals(await isThere(`${path}/marker`), false);
    await world.call("permission.answer", { permission_id, decision: "allow" });
    assertStringIncludes(await world.done(id, prompt), "ran: ");
    assertEquals(await isThere(`${path}/marker`), true);
    await checkStored(world, id);
  }],
  ["a permission that is denied with a message, which the model reads", async (world) => {
    const { id, path } = await world.start("deny");
    const prompt = await world.send(id, "tool Bash touch marker");
    const { id: permission_id } = await world.question(id);
    await world.call("permission.answer", { permission_id, decision: "deny", message: "NOT ON MY WATCH" });
    assertEquals(await world.done(id, prompt), "denied: NOT ON MY WATCH");
    assertEquals(await isThere(`${path}/marker`), false);
    await checkStored(world, id);
  }],
  ["a permission for the session: not asked again, also not after stop and resume", async (world) => {
    const { id, path } = await world.start("for-session");
    const first = await world.send(id, "tool Bash touch first.txt");
    const { id: permission_id } = await world.question(id);
    await world.call("permission.answer", { permission_id, decision: "allow_session" });
    await world.done(id, first);
    assertStringIncludes(await world.ask(id, "tool Bash touch second.txt"), "ran: ");
    await world.call("session.stop", { session_name: id });
    await world.call("session.resume", { session_name: id });
    assertStringIncludes(await world.ask(id, "tool Bash touch third.txt"), "ran: ");
    for (const name of ["first", "second", "third"]) assert(await isThere(`${path}/${name}.txt`), name);
    await checkStored(world, id);
  }],
  ["an answer to AskUserQuestion", async (world) => {
    const { id } = await world.start("question");
    const prompt = await world.send(id, "ask Which colour?");
    const { id: permission_id, tool_name, input, requires_user_interaction } = await world.question(id);
    assertEquals([tool_name, requires_user_interaction], ["AskUserQuestion", true]);
    const updated_input = { ...input as object, answers: { "Which colour?": "Blue" } };
    await world.call("permission.answer", { permission_id, decision: "allow", updated_input });
    assertStringIncludes(await world.done(id, prompt), `"Which colour?"="Blue"`);
    await checkStored(world, id);
  }],
  ["a queue of three", async (world) => {
    const { id } = await world.start("queue");
    const first = await world.send(id, "slow 10 30");
    const rest: string[] = [];
    for (const text of ["echo two", "echo three", "echo four"]) rest.push(await world.send(id, text));
    const { queue } = await world.call("session.get", { session_name: id });
    assertEquals(queue.map(({ prompt }) => prompt), ["echo two", "echo three", "echo four"]);
    await world.done(id, first);
    const answers: string[] = [];
    for (const prompt of rest) answers.push(await world.done(id, prompt));
    assertEquals(answers, ["echo: two", "echo: three", "echo: four"]);
    await checkStored(world, id);
  }],
  ["the interruption of a reply that never ends, with the queue left alone", async (world) => {
    const { id } = await world.start("interrupt");
    const stalled = await world.begin(id, "stall");
    const next = await world.send(id, "echo next");
    await world.call("session.interrupt", { session_name: id });
    await world.done(id, stalled);
    assertEquals(await world.done(id, next), "echo: next");
    const results = (await world.events(id)).filter(({ type }) => type === "result");
    assertEquals(results.map(({ subtype }) => subtype), ["error_during_execution", "success"]);
    await checkStored(world, id);
  }],
  ["the interruption of a permission, which it cancels", async (world) => {
    const { id, path } = await world.start("interrupt-ask");
    const prompt = await world.send(id, "tool Bash touch marker");
    await world.question(id);
    await world.call("session.interrupt", { session_name: id });
    await world.done(id, prompt);
    assertEquals((await world.until(id, "idle", ({ status }) => status === "idle")).permissions, []);
    assertEquals(await isThere(`${path}/marker`), false);
    assertEquals(await world.ask(id, "echo on"), "echo: on");
    await checkStored(world, id);
  }],
  ["an API error, after which the session goes on", async (world) => {
    const { id } = await world.start("api-error");
    assertStringIncludes(await world.ask(id, "error"), "API Error: 400");
    assertEquals(await world.ask(id, "echo on"), "echo: on");
    await checkStored(world, id);
  }],
  ["a prompt during a turn of the agent's own", async (world) => {
    const { id } = await world.start("own-turn");
    const command = "sleep 1; touch slept";
    const prompt = await world.send(id, `tool Bash ${JSON.stringify({ command, run_in_background: true })}`);
    const { id: permission_id } = await world.question(id);
    await world.call("permission.answer", { permission_id, decision: "allow" });
    await world.done(id, prompt);
    await world.event(id, "the end of the task", ({ subtype }) => subtype === "task_notification");
    const during = await world.send(id, "echo during");
    const { status } = await world.call("session.get", { session_name: id });
    assertEquals(await world.done(id, during), "echo: during");
    assertEquals(status, "active");
    const results = (await world.events(id)).filter(({ type }) => type === "result").map(({ payload }) => payload);
    assertEquals((results as { result: string }[]).map(({ result }) => result).slice(1), [
      "the task is over",
      "echo: during",
    ]);
    await checkStored(world, id);
  }],
  ["resume after stop, which knows what was said", async (world) => {
    const { id } = await world.start("resume");
    await world.ask(id, "echo alpha");
    const stopped = await world.call("session.stop", { session_name: id });
    assertEquals([stopped.status, stopped.exit?.code], ["stopped", 0]);
    const resumed = await world.call("session.resume", { session_name: id });
    assertEquals(resumed.claude_session_id, stopped.claude_session_id);
    assertEquals(await world.ask(id, "recall"), "echo alpha");
    await checkStored(world, id);
  }],
  ["stop during a turn, and a prompt that resumes", async (world) => {
    const { id } = await world.start("stop-turn");
    const stalled = await world.begin(id, "stall");
    const queued = await world.send(id, "echo queued");
    await world.call("session.stop", { session_name: id });
    await world.call("prompt.send", { session_name: id, prompt: "echo again", start_if_stopped: true });
    await world.done(id, stalled);
    assertEquals(await world.done(id, queued), "echo: queued");
    await world.event(id, "the answer", ({ payload }) => (payload as { result?: string }).result === "echo: again");
    await world.until(id, "idle", ({ status }) => status === "idle");
    await checkStored(world, id);
  }],
  ["resume of a session that never had a prompt", async (world) => {
    const { id, claude_session_id } = await world.start("no-prompt");
    await world.call("session.stop", { session_name: id });
    assertEquals((await world.call("session.resume", { session_name: id })).claude_session_id, claude_session_id);
    assertEquals(await world.ask(id, "echo first"), "echo: first");
    await checkStored(world, id);
  }],
  ["a fork that knows what was said, and leaves the original alone", async (world) => {
    const { id, claude_session_id } = await world.start("fork");
    await world.ask(id, "echo alpha");
    const fork = await world.call("session.fork", { session_name: id });
    assertEquals(await world.ask(fork.id, "recall"), "echo alpha");
    const { claude_session_id: forked } = await world.call("session.get", { session_name: fork.id });
    assertEquals([forked, forked === claude_session_id], [fork.claude_session_id, false]);
    assertEquals(world.model.calls.at(-1)!.sessionId, forked);
    assertEquals(await world.ask(id, "recall"), "echo alpha");
    await checkStored(world, id);
  }],
  ["kill during a tool, with the tool's processes", async (world) => {
    const { id, path } = await world.start("kill-tool");
    await world.send(id, "tool Bash sh -c 'echo $$ > pid; sleep 600'");
    const { id: permission_id } = await world.question(id);
    await world.call("permission.answer", { permission_id, decision: "allow" });
    await waitFor("the tool", () => isThere(`${path}/pid`));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const pid = (await Deno.readTextFile(`${path}/pid`)).trim();
    await world.call("session.kill", { session_name: id });
    await waitFor("the tool's end", async () => !await isThere(`/proc/${pid}`));
    await world.call("session.resume", { session_name: id });
    assertEquals(await world.ask(id, "echo on"), "echo: on");
  }],
];
