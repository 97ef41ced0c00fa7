import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type SendResult, SessionError } from "../../lib/sessions/mod.ts";
import { allEvents, answers, ask, question, sessionWorld } from "../helpers/sessions.ts";
import { waitFor } from "../helpers/wait.ts";

Deno.test("start() returns an idle session, whose agent answers prompts in order", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id, name, status, path } = await sessions.start({ path: world.work });
  assertEquals([name, status, path], ["work", "idle", world.work]);
  for (const text of ["one", "two", "three"]) await sessions.send(id, text);
  await sessions.whenIdle(id);
  assertEquals(answers(sessions, id), ["echo: one", "echo: two", "echo: three"]);
  assertEquals(sessions.get(id).turns, 3);
});

Deno.test("start() refuses a directory that is not trusted, and trusts it when asked to", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const other = `${world.home}/other`;
  await Deno.mkdir(other);
  const error = await assertRejects(() => sessions.start({ path: other }), SessionError, "is not trusted yet");
  assertEquals(error.kind, "refused");
  assertEquals((await sessions.start({ path: other, trust: true })).status, "idle");
  assertEquals((await sessions.start({ path: other })).name, "other-2");
});

Deno.test("start() reports why an agent could not be started", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open({ agentBinary: "/no/such/claude" });
  const { status, error } = await sessions.start({ path: world.work });
  assertEquals(status, "error");
  assert(error!.includes("/no/such/claude"), error);
});

Deno.test("send() queues prompts during a turn, and they can be edited, moved and removed until they are sent", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "stall" });
  await waitFor("the turn", () => sessions.get(id).status === "active");
  const sent: SendResult[] = [];
  for (const text of ["a", "b", "c", "d"]) sent.push(await sessions.send(id, text));
  assertEquals(sent.map(({ prompt_status, position }) => [prompt_status, position]), [
    ["queued", 1],
    ["queued", 2],
    ["queued", 3],
    ["queued", 4],
  ]);
  sessions.editPrompt(id, sent[0]!.prompt_id, "A");
  sessions.removePrompt(id, sent[1]!.prompt_id);
  sessions.movePrompt(id, sent[3]!.prompt_id, 1);
  assertEquals(sessions.get(id).queue.map(({ prompt }) => prompt), ["d", "A", "c"]);
  await sessions.interrupt(id);
  await waitFor("the queue", () => sessions.get(id).queue.length === 0);
  await sessions.whenIdle(id);
  assertEquals(answers(sessions, id).slice(1), ["echo: d", "echo: A", "echo: c"]);
  const error = assertThrows(() => sessions.removePrompt(id, sent[0]!.prompt_id), SessionError, "no longer queued");
  assertEquals(error.kind, "conflict");
});

Deno.test("answer() allows, denies, and lets only the first answer count", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "tool Bash touch made" });
  const first = await question(sessions);
  assertEquals(sessions.get(id).status, "waiting_permission");
  sessions.answer(first, { decision: "allow" }, "Ann");
  const error = assertThrows(() => sessions.answer(first, { decision: "deny" }, "Ben"), SessionError);
  assertEquals([error.kind, error.message], ["conflict", "Ann has already answered this permission: allow"]);
  await sessions.whenIdle(id);
  assert((await Deno.stat(`${world.work}/made`)).isFile);
  await sessions.send(id, "tool Bash touch denied");
  sessions.answer(await question(sessions), { decision: "deny", message: "not now" }, "Ben");
  await sessions.whenIdle(id);
  assertEquals(answers(sessions, id).at(-1), "denied: not now");
});

Deno.test("answer() for the session allows the same command from then on, and after a restart", async () => {
  await using world = await sessionWorld();
  let id = "";
  {
    await using sessions = await world.open();
    ({ id } = await sessions.start({ path: world.work, prompt: "tool Bash touch first" }));
    const asked = await question(sessions);
    assertEquals(sessions.permissions()[0]!.covers, 'commands that begin with "touch first"');
    sessions.answer(asked, { decision: "allow_session" }, "Ann");
    await sessions.whenIdle(id);
  }
  await using sessions = await world.open();
  await waitFor("the daemon", () => sessions.isDaemonUp);
  await ask(sessions, id, "tool Bash touch first");
  assertEquals(answers(sessions, id).length, 2);
  const [rule] = sessions.rules(id);
  sessions.removeRule(id, rule!.id);
  await sessions.send(id, "tool Bash touch first");
  sessions.answer(await question(sessions), { decision: "deny" }, "Ann");
  await sessions.whenIdle(id);
});

Deno.test("stop() ends the agent and keeps the queue, with which resume() goes on", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "stall" });
  await waitFor("the turn", () => sessions.get(id).status === "active");
  await sessions.send(id, "later");
  const stopped = await sessions.stop(id);
  assertEquals([stopped.status, stopped.queue.length], ["stopped", 1]);
  await sessions.resume(id);
  await waitFor("the answer", () => answers(sessions, id).at(-1) === "echo: later");
});

Deno.test("kill() ends what the agent has started, too", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "tool Bash sleep 1000 & echo $! > pid; wait" });
  sessions.answer(await question(sessions), { decision: "allow" }, "Ann");
  const pidFile = `${world.work}/pid`;
  await waitFor("the tool", () => Deno.readTextFile(pidFile).then((text) => text !== "", () => false));
  const pid = Number(await Deno.readTextFile(pidFile));
  assertEquals((await sessions.kill(id)).status, "stopped");
  await waitFor("the end of the tool", () => Deno.stat(`/proc/${pid}`).then(() => false, () => true));
});

Deno.test("a session that ends by itself is stopped or in error, with the reason", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "crash 7" });
  await waitFor("the end", () => sessions.get(id).status === "error");
  const { exit, error } = sessions.get(id);
  assertEquals(exit?.code, 7);
  assert(error!.startsWith("the agent ended: exit code 7"), error);
});

Deno.test("the stored events are the agent's output, line by line", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id, claude_session_id } = await sessions.start({ path: world.work });
  for (const prompt of ["burst 500 300", "line 3000000", "split text", "unknown", "hello"]) {
    await ask(sessions, id, prompt);
  }
  await sessions.stop(id);
  const lines = (await world.agent.outputLog(claude_session_id)).trimEnd().split("\n").map((line) => JSON.parse(line));
  const said = lines.filter(({ type }) =>
    !["stream_event", "control_request", "control_response", "control_cancel_request", "keep_alive"].includes(type)
  );
  const ours = new Set(["prompt", "permission", "status", "mode", "stderr", "gap", "stdout"]);
  const stored = allEvents(sessions, id);
  assertEquals(stored.filter(({ type }) => !ours.has(type)).map(({ payload }) => payload), said);
  assertEquals(stored.map(({ seq }) => seq), stored.map((_, i) => i + 1));
});

Deno.test("fork() goes on with a copy of the conversation", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "first" });
  await sessions.whenIdle(id);
  const copy = await sessions.fork(id);
  await ask(sessions, copy.id, "recall");
  assert(answers(sessions, copy.id)[0]!.includes("first"));
  assertEquals(answers(sessions, id).length, 1);
});

Deno.test("resume() refuses a conversation that another process is in", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id, claude_session_id } = await sessions.start({ path: world.work, prompt: "first" });
  await sessions.whenIdle(id);
  const error = await assertRejects(
    () => sessions.start({ path: world.work, resume: claude_session_id }),
    SessionError,
  );
  assertEquals(error.kind, "conflict");
});

Deno.test("remove() forgets a stopped session", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  assertEquals(assertThrows(() => sessions.remove(id), SessionError).kind, "conflict");
  await sessions.stop(id);
  sessions.remove(id);
  assertEquals([sessions.list(), sessions.eventsAfter(0, { limit: 10 })], [[], []]);
});

Deno.test("resume(), and send() to a stopped session, refuse a directory that is no longer trusted or another one", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  await sessions.stop(id);
  const refusals = async () => {
    const send = () => sessions.send(id, "go on", { startIfStopped: true });
    const errors = [
      await assertRejects(() => sessions.resume(id), SessionError),
      await assertRejects(send, SessionError),
    ];
    return errors.map(({ kind, message }) => `${kind}: ${message.replaceAll(world.home, "HOME")}`);
  };
  const config = await Deno.readTextFile(`${world.home}/.claude.json`);
  await Deno.writeTextFile(`${world.home}/.claude.json`, "{}");
  const untrusted = "refused: HOME/work is not trusted yet: look at it, then resume the session with trust";
  assertEquals(await refusals(), [untrusted, untrusted]);
  assertEquals((await sessions.resume(id, { trust: true })).status, "idle");
  await sessions.stop(id);
  assertEquals((await sessions.resume(id)).status, "idle");
  await sessions.stop(id);
  await Deno.writeTextFile(`${world.home}/.claude.json`, config);
  await Deno.rename(world.work, `${world.home}/moved`);
  await Deno.symlink(`${world.home}/moved`, world.work);
  const elsewhere =
    "conflict: HOME/work now leads to HOME/moved, where the agent has not been: start a new session there";
  assertEquals(await refusals(), [elsewhere, elsewhere]);
  await Deno.remove(world.work);
  await Deno.rename(`${world.home}/moved`, world.work);
  assertEquals((await sessions.resume(id)).status, "idle");
});
