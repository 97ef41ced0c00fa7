import { assert, assertEquals } from "@std/assert";
import type { Sessions } from "../../lib/sessions/mod.ts";
import {
  agentPids,
  allEvents,
  answers,
  ask,
  assertAllStored,
  question,
  readPrompts,
  restartableWorld,
  saidTexts,
  storedMessages,
} from "../helpers/sessions.ts";
import { waitFor } from "../helpers/wait.ts";

const LOST = "the agent was lost with the daemon";

async function untilStopped(sessions: Sessions, id: string): Promise<void> {
  await waitFor("the loss", () => sessions.get(id).status === "stopped");
  assertEquals(sessions.get(id).exit?.reason, LOST);
}

function promptEvents(sessions: Sessions, id: string, state: string): number {
  return allEvents(sessions, id).filter(({ type, subtype }) => type === "prompt" && subtype === state).length;
}

function count(all: readonly unknown[], one: unknown): number {
  return all.filter((other) => other === one).length;
}

Deno.test("an idle session is stopped when the daemon is killed, and goes on in a new one", async () => {
  await using world = await restartableWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "first" });
  await sessions.whenIdle(id);
  // What follows the result is in no transcript: a daemon that is killed before it was read takes it along.
  await waitFor("the last line", () => {
    const last = storedMessages(sessions, id).at(-1);
    return last?.["subtype"] === "session_state_changed" && last["state"] === "idle";
  });
  await world.killDaemon();
  await untilStopped(sessions, id);
  assertEquals(sessions.get(id).error, undefined);
  await world.startDaemon();
  await waitFor("the daemon", () => sessions.isDaemonUp);
  await sessions.resume(id);
  await ask(sessions, id, "recall");
  assertEquals(answers(sessions, id), ["echo: first", "first"]);
  await assertAllStored(sessions, id, world.agent);
});

Deno.test("a turn that goes on without its daemon is answered from the transcript, and the queue goes on", async () => {
  await using world = await restartableWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "slow 20 100" });
  await waitFor("the turn", () => sessions.partial()[id]?.startsWith("1 "));
  await sessions.send(id, "queued");
  await world.killDaemon();
  await untilStopped(sessions, id);
  assertEquals(sessions.get(id).queue.map(({ prompt }) => prompt), ["queued"]);
  await world.startDaemon();
  await waitFor("the daemon", () => sessions.isDaemonUp);
  await sessions.resume(id);
  await waitFor("the queue", () => answers(sessions, id).includes("echo: queued"));
  const slow = Array.from({ length: 20 }, (_, i) => `${i + 1} `).join("");
  assertEquals(saidTexts(sessions, id), [slow, "echo: queued"]);
  assertEquals(await readPrompts(world.agent), ["slow 20 100", "queued"]);
  assertEquals([promptEvents(sessions, id, "done"), promptEvents(sessions, id, "returned")], [2, 0]);
});

Deno.test("a turn that its daemon's death ended is done, and its prompt is not sent again", async () => {
  await using world = await restartableWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "stall" });
  await waitFor("the turn", () => sessions.partial()[id] === "one two three ");
  await world.killDaemon();
  await untilStopped(sessions, id);
  await world.startDaemon();
  await waitFor("the daemon", () => sessions.isDaemonUp);
  // The agent that stalls is ended after some time.
  await sessions.resume(id);
  await ask(sessions, id, "next");
  assertEquals(await readPrompts(world.agent), ["stall", "next"]);
  assertEquals(sessions.get(id).turns, 1);
});

Deno.test("a question is cancelled when the daemon is killed", async () => {
  await using world = await restartableWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "tool Bash touch made" });
  const asked = await question(sessions);
  await world.killDaemon();
  await untilStopped(sessions, id);
  assertEquals([sessions.permissions(), sessions.get(id).permissions], [[], []]);
  const ends = allEvents(sessions, id).filter(({ type, payload }) =>
    type === "permission" && (payload as { permission_id: string }).permission_id === asked
  );
  assertEquals(ends.map(({ subtype }) => subtype), ["asked", "cancelled"]);
  await world.startDaemon();
  await waitFor("the daemon", () => sessions.isDaemonUp);
  await sessions.resume(id);
  await ask(sessions, id, "next");
  assertEquals(await readPrompts(world.agent), ["tool Bash touch made", "next"]);
  assertEquals(await Deno.stat(`${world.work}/made`).then(() => true, () => false), false);
});

Deno.test("a prompt that the agent never took returns to the queue and is sent once", async () => {
  await using world = await restartableWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "first" });
  await sessions.whenIdle(id);
  const [agent] = await agentPids(world.home);
  // What is written to an agent that stands still lies in a pipe, which ends with the agent.
  Deno.kill(agent!, "SIGSTOP");
  await sessions.send(id, "second");
  await sessions.send(id, "third");
  await waitFor("the write", () => sessions.get(id).status === "active");
  await world.killDaemon();
  Deno.kill(agent!, "SIGKILL");
  await untilStopped(sessions, id);
  assertEquals(sessions.get(id).queue.map(({ prompt }) => prompt), ["second", "third"]);
  assertEquals(promptEvents(sessions, id, "returned"), 1);
  await world.startDaemon();
  await waitFor("the daemon", () => sessions.isDaemonUp);
  await sessions.resume(id);
  await waitFor("the answers", () => answers(sessions, id).length === 3);
  assertEquals(await readPrompts(world.agent), ["first", "second", "third"]);
  assertEquals(answers(sessions, id), ["echo: first", "echo: second", "echo: third"]);
});

Deno.test("a session is lost only once when its daemon is back within three seconds", async () => {
  await using world = await restartableWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "slow 10 100" });
  await waitFor("the turn", () => sessions.partial()[id]?.startsWith("1 "));
  const start = performance.now();
  await world.killDaemon();
  await world.startDaemon();
  assert(performance.now() - start < 3_000, "this machine is too slow for this test");
  await untilStopped(sessions, id);
  await sessions.resume(id);
  await ask(sessions, id, "next");
  const stops = allEvents(sessions, id).filter(({ type, subtype }) => type === "status" && subtype === "stopped");
  assertEquals(stops.length, 1);
  assertEquals(saidTexts(sessions, id), ["1 2 3 4 5 6 7 8 9 10 ", "echo: next"]);
});

Deno.test("sessions that nobody kept while the daemon was killed are stopped when they are opened again", async () => {
  await using world = await restartableWorld();
  let id = "";
  {
    await using sessions = await world.open();
    ({ id } = await sessions.start({ path: world.work, prompt: "slow 10 50" }));
    await waitFor("the turn", () => sessions.partial()[id]?.startsWith("1 "));
  }
  await world.killDaemon();
  await world.startDaemon();
  await using sessions = await world.open();
  await waitFor("the loss", () => sessions.get(id).status === "stopped");
  assert(sessions.get(id).exit?.reason.startsWith(LOST));
  await sessions.resume(id);
  await ask(sessions, id, "next");
  assertEquals(saidTexts(sessions, id), ["1 2 3 4 5 6 7 8 9 10 ", "echo: next"]);
  assertEquals(await readPrompts(world.agent), ["slow 10 50", "next"]);
});

Deno.test("nothing is lost or doubled when daemons hand over while an agent streams", async () => {
  await using world = await restartableWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "slow 200 20" });
  await waitFor("the turn", () => sessions.partial()[id]?.startsWith("1 "));
  for (const prompt of ["burst 3000 2000", "split a", "last"]) await sessions.send(id, prompt);
  for (let i = 0; i < 2; i++) await world.handOver();
  await waitFor("the burst", () => allEvents(sessions, id).length > 100);
  await world.handOver();
  await waitFor("the last answer", () => answers(sessions, id).at(-1) === "echo: last");
  await sessions.stop(id);
  await assertAllStored(sessions, id, world.agent);
  assertEquals(await readPrompts(world.agent), ["slow 200 20", "burst 3000 2000", "split a", "last"]);
  const kinds = allEvents(sessions, id).map(({ type }) => type);
  assertEquals([count(kinds, "gap"), sessions.get(id).turns], [0, 4]);
});

Deno.test("a question is answered although daemons handed over meanwhile", async () => {
  await using world = await restartableWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "tool Bash echo hi" });
  const asked = await question(sessions);
  await world.handOver();
  sessions.answer(asked, { decision: "allow" }, "Ann");
  await sessions.whenIdle(id);
  assertEquals(answers(sessions, id).map((text) => text.trim()), ["ran: hi"]);
});

Deno.test("sessions that were lost with the daemon go on by themselves with resumeLost", async () => {
  await using world = await restartableWorld();
  await using sessions = await world.open({ resumeLost: true });
  const { id } = await sessions.start({ path: world.work, prompt: "slow 10 100" });
  await waitFor("the turn", () => sessions.partial()[id]?.startsWith("1 "));
  await sessions.send(id, "queued");
  const stopped = await sessions.start({ path: world.work });
  await sessions.stop(stopped.id);
  await world.killDaemon();
  await world.startDaemon();
  await waitFor("the queue", () => answers(sessions, id).at(-1) === "echo: queued");
  assertEquals(saidTexts(sessions, id), ["1 2 3 4 5 6 7 8 9 10 ", "echo: queued"]);
  assertEquals(await readPrompts(world.agent), ["slow 10 100", "queued"]);
  assertEquals(sessions.get(stopped.id).status, "stopped");
});

Deno.test("sessions that were lost go on with resumeLost after a restart of their keeper, too", async () => {
  await using world = await restartableWorld();
  let id = "";
  {
    await using sessions = await world.open({ resumeLost: true });
    ({ id } = await sessions.start({ path: world.work, prompt: "first" }));
    await sessions.whenIdle(id);
    await world.killDaemon();
    await untilStopped(sessions, id);
  }
  await world.startDaemon();
  await using sessions = await world.open({ resumeLost: true });
  await waitFor("the session", () => sessions.get(id).status === "idle");
});

Deno.test("resumeLost never goes back into a session that may do everything", async () => {
  await using world = await restartableWorld();
  await using sessions = await world.open({ resumeLost: true, mayBypass: () => true });
  const { id } = await sessions.start({ path: world.work, policy: "allow", confirm: "work" });
  await world.killDaemon();
  await world.startDaemon();
  await waitFor(
    "the refusal",
    () => allEvents(sessions, id).some(({ type, subtype }) => type === "status" && subtype === "not_resumed"),
  );
  assertEquals(sessions.get(id).status, "stopped");
  assertEquals((await sessions.resume(id, { confirm: "work" })).status, "idle");
});

Deno.test("what nobody read in time shows as a gap, and is taken from the transcript when the agent ends", async () => {
  await using world = await restartableWorld();
  const go = `${world.work}/go`;
  const prompt =
    `tool Bash touch begun; until [ -e ${go} ]; do sleep 0.01; done; head -c 10000000 /dev/zero | tr '\\0' x`;
  let id = "";
  {
    await using sessions = await world.open();
    ({ id } = await sessions.start({ path: world.work, prompt }));
    sessions.answer(await question(sessions), { decision: "allow" }, "Ann");
    await waitFor("the tool", () => Deno.stat(`${world.work}/begun`).then(() => true, () => false));
  }
  await Deno.writeTextFile(go, "");
  await waitFor("the end of the turn", async () => (await world.agent.outputLog()).includes('"state":"idle"'));
  await using sessions = await world.open();
  await waitFor("the gap", () => allEvents(sessions, id).some(({ type }) => type === "gap"));
  await sessions.whenIdle(id);
  await ask(sessions, id, "last");
  await sessions.stop(id);
  assertEquals(saidTexts(sessions, id).map((text) => [text.slice(0, 6), text.length]).sort(), [
    ["echo: ", 10],
    ["ran: x", 10_000_005],
  ]);
  assertEquals(await readPrompts(world.agent), [prompt, "last"]);
});
