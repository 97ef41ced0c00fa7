import { assert, assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { SessionError, type Sessions } from "../../lib/sessions/mod.ts";
import { StoreError } from "../../lib/store/store_error.ts";
import { leapingClock } from "../helpers/leaping_clock.ts";
import { residentBytes } from "../helpers/resident.ts";
import {
  agentPids,
  allEvents,
  answers,
  ask,
  assertAllStored,
  question,
  readPrompts,
  sessionWorld,
  storedMessages,
  writtenMessages,
} from "../helpers/sessions.ts";
import { canMount, smallDisk } from "../helpers/small_disk.ts";
import { waitFor } from "../helpers/wait.ts";

const HOUR_MS = 3_600_000;
const MIB = 1 << 20;
const ignore = !await canMount();

/** The payloads of the events of a type. */
function payloads(sessions: Sessions, id: string, type: string): Record<string, unknown>[] {
  const events = allEvents(sessions, id).filter((event) => event.type === type);
  return events.map(({ payload }) => payload as Record<string, unknown>);
}

Deno.test("send() fails with a clear error and stores nothing when the disk is full, and works again afterwards", {
  ignore,
}, async () => {
  await using disk = await smallDisk(8 << 10);
  await using world = await sessionWorld();
  await using sessions = await world.open({ store: `${disk.path}/sessions.db` });
  const { id } = await sessions.start({ path: world.work, prompt: "stall" });
  await waitFor("the turn", () => sessions.partial()[id] === "one two three ");
  await disk.fill();
  const before = allEvents(sessions, id).length;
  const error = await assertRejects(() => sessions.send(id, "x".repeat(MIB)), StoreError, "the disk is full");
  assertEquals(error.reason, "full");
  await assertRejects(
    () => sessions.start({ path: world.work, prompt: "x".repeat(MIB) }),
    StoreError,
    "the disk is full",
  );
  assertEquals([allEvents(sessions, id).length, sessions.get(id).queue], [before, []]);
  assertEquals(sessions.list().map(({ id }) => id), [id]);
  await disk.empty();
  await sessions.send(id, "x");
  await sessions.interrupt(id);
  await waitFor("the answer", () => answers(sessions, id).at(-1) === "echo: x");
  assertEquals(await readPrompts(world.agent, sessions.get(id).claude_session_id), ["stall", "x"]);
  world.errors.length = 0;
});

Deno.test("what agents print while the disk is full is stored exactly once when there is room again", {
  ignore,
}, async () => {
  await using disk = await smallDisk(16 << 10);
  await using world = await sessionWorld();
  await using sessions = await world.open({ store: `${disk.path}/sessions.db` });
  const prompts = ["tool Bash until [ -e go ]; do sleep 0.05; done", "burst 300 5000", "split x", "last"];
  const { id } = await sessions.start({ path: world.work, prompt: prompts[0]! });
  sessions.answer(await question(sessions), { decision: "allow" }, "Ann");
  for (const prompt of prompts.slice(1)) await sessions.send(id, prompt);
  await disk.fill();
  await Deno.writeTextFile(`${world.work}/go`, "");
  await waitFor("the failure", () => world.errors.length > 0);
  await disk.empty();
  await waitFor("the last answer", () => answers(sessions, id).at(-1) === "echo: last");
  await sessions.stop(id);
  await assertAllStored(sessions, id, world.agent);
  assertEquals(await readPrompts(world.agent), prompts);
  const seqs = allEvents(sessions, id).map(({ seq }) => seq);
  assertEquals(seqs, seqs.map((_, i) => i + 1));
  for (const error of world.errors.splice(0)) assert(error instanceof StoreError, String(error));
});

Deno.test("a session ends although the disk was full when its agent did", { ignore }, async () => {
  await using disk = await smallDisk(8 << 10);
  await using world = await sessionWorld();
  await using sessions = await world.open({ store: `${disk.path}/sessions.db` });
  const { id } = await sessions.start({ path: world.work });
  const [agent] = await agentPids(world.home);
  await disk.fill();
  // Some small changes still fit into what the store has already.
  for (let isFull = false; !isFull;) {
    try {
      await sessions.send(id, "x".repeat(10_000));
      sessions.removePrompt(id, sessions.get(id).queue[0]?.id ?? "");
    } catch (error) {
      isFull = error instanceof StoreError;
    }
  }
  Deno.kill(agent!, "SIGKILL");
  await waitFor("the failure", () => world.errors.length > 0);
  await disk.empty();
  await waitFor("the end", () => sessions.get(id).status === "error");
  assertEquals(sessions.get(id).exit?.signal, "SIGKILL");
  world.errors.length = 0;
});

Deno.test("open() refuses a store of a newer version, and leaves it as it is", async () => {
  await using world = await sessionWorld();
  {
    await using _sessions = await world.open();
  }
  {
    using database = new DatabaseSync(world.store);
    database.exec("PRAGMA user_version = 9999");
  }
  const error = await assertRejects(async () => await world.open(), StoreError);
  assertEquals(error.reason, "version");
});

Deno.test("a turn goes on when the clock jumps", async () => {
  await using world = await sessionWorld();
  const clock = leapingClock();
  await using sessions = world.openWith(clock);
  const { id } = await sessions.start({ path: world.work, prompt: "slow 20 20" });
  await waitFor("the turn", () => sessions.partial()[id]?.startsWith("1 "));
  clock.jump(24 * HOUR_MS);
  await sessions.send(id, "second");
  clock.jump(-48 * HOUR_MS);
  await sessions.send(id, "third");
  await waitFor("the answers", () => answers(sessions, id).at(-1) === "echo: third");
  await sessions.stop(id);
  await assertAllStored(sessions, id, world.agent);
  assertEquals(await readPrompts(world.agent), ["slow 20 20", "second", "third"]);
});

Deno.test("stop() takes its steps of five seconds when the clock jumps and the agent does not react", async () => {
  await using world = await sessionWorld();
  const clock = leapingClock();
  await using sessions = world.openWith(clock);
  const { id } = await sessions.start({ path: world.work, prompt: "stall" });
  await waitFor("the turn", () => sessions.partial()[id] === "one two three ");
  const [agent] = await agentPids(world.home);
  Deno.kill(agent!, "SIGSTOP");
  const begun = clock.elapsed();
  const stopping = sessions.stop(id);
  let jumps = 0;
  await waitFor("the end", () => {
    clock.jump(jumps++ % 2 === 0 ? HOUR_MS : -2 * HOUR_MS);
    clock.leap(250);
    return sessions.get(id).status === "stopped";
  });
  assert(clock.elapsed() - begun >= 15_000, "it was killed too early");
  assertEquals((await stopping).exit?.signal, "SIGKILL");
});

Deno.test("a question is denied after its time limit, and not when the clock jumps", async () => {
  await using world = await sessionWorld();
  const clock = leapingClock();
  await using sessions = world.openWith(clock, { askTimeoutSeconds: 60 });
  const { id } = await sessions.start({ path: world.work, prompt: "tool Bash touch made" });
  await question(sessions);
  clock.jump(HOUR_MS);
  clock.leap(30_000);
  clock.jump(-2 * HOUR_MS);
  await sessions.configure(id, { permission_mode: "plan" });
  assertEquals(sessions.permissions().length, 1);
  clock.leap(30_000);
  await waitFor("the answer", () => answers(sessions, id).length === 1);
  assertEquals(answers(sessions, id), ["denied: No answer came in time."]);
});

Deno.test("a line that is no JSON, or no text at all, becomes an event, and the session goes on", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  for (const prompt of ["garbage", "binary", "unknown", "split x"]) await ask(sessions, id, prompt);
  const texts = payloads(sessions, id, "stdout").map(({ text }) => text);
  assertEquals(texts, ["this is no JSON", "\0\ufffd\ufffd\ufffda"]);
  assertEquals(answers(sessions, id), ["said", "said", "said", "split over"]);
});

Deno.test("a line without an end is kept as its length only, and the session goes on", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "hello" });
  await sessions.whenIdle(id);
  const before = residentBytes(Deno.pid);
  await sessions.send(id, `line ${70 * MIB}`);
  await sessions.whenIdle(id);
  await ask(sessions, id, "after");
  const lengths = payloads(sessions, id, "stdout").map(({ bytes }) => Number(bytes));
  // The piece of the answer in progress, the answer, and the result, which has it once more.
  assertEquals(lengths.length, 3);
  for (const length of lengths) assert(length > 70 * MIB && length < 71 * MIB, `${length}`);
  assertEquals(answers(sessions, id), ["echo: hello", "echo: after"]);
  assert(residentBytes(Deno.pid) - before < 500 * MIB, `${(residentBytes(Deno.pid) - before) / MIB} MiB`);
});

Deno.test("a request of the agent that nobody knows is answered with an error", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  await ask(sessions, id, "request");
  assertEquals(answers(sessions, id), ['claustrum does not know "never_seen"']);
});

Deno.test("an agent that does not get ready within a minute is ended, which is an error", async () => {
  await using world = await sessionWorld();
  const clock = leapingClock();
  await using sessions = world.openWith(clock, { agentEnv: { STAND_IN_SILENT: "1" } });
  const starting = sessions.start({ path: world.work, prompt: "hello" });
  await waitFor("the agent", async () => (await agentPids(world.home)).length === 1);
  clock.leap(50_000);
  assertEquals(sessions.list()[0]!.status, "starting");
  clock.leap(10_000);
  const { status, error, queue } = await starting;
  assertEquals([status, error, queue.length], ["error", "the agent did not get ready in 60 seconds", 1]);
  assertEquals(await agentPids(world.home), []);
});

Deno.test("fifty sessions work at once, each with its own agent", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open({ max: 50 });
  const ids = await Promise.all(Array.from({ length: 50 }, async (_, i) => {
    const { id } = await sessions.start({ path: world.work, name: `s${i}`, prompt: `burst 20 ${i + 10}` });
    await sessions.send(id, `number ${i}`);
    return id;
  }));
  await waitFor("the answers", () => ids.every((id) => sessions.get(id).turns === 2));
  for (const [i, id] of ids.entries()) {
    assertEquals(answers(sessions, id), ["burst over", `echo: number ${i}`]);
    const { claude_session_id } = sessions.get(id);
    const stored = storedMessages(sessions, id);
    assertEquals(stored, (await writtenMessages(world.agent, claude_session_id)).slice(0, stored.length));
  }
  const error = await assertRejects(() => sessions.start({ path: world.work }), SessionError, "sessions.max");
  assertEquals(error.kind, "conflict");
  await Promise.all(ids.map((id) => sessions.stop(id)));
});

Deno.test("start() and resume() refuse more sessions than may run", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open({ max: 1 });
  const first = await sessions.start({ path: world.work });
  await sessions.stop(first.id);
  const second = await sessions.start({ path: world.work });
  for (const work of [() => sessions.start({ path: world.work }), () => sessions.resume(first.id)]) {
    assertEquals((await assertRejects(work, SessionError, "stop one first")).kind, "conflict");
  }
  await sessions.stop(second.id);
  assertEquals((await sessions.resume(first.id)).status, "idle");
});

Deno.test("of starts at the same time, no more succeed than may run", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open({ max: 2 });
  const starts = Array.from({ length: 6 }, () => sessions.start({ path: world.work }));
  const outcomes = await Promise.allSettled(starts);
  assertEquals(outcomes.filter(({ status }) => status === "fulfilled").length, 2);
});

Deno.test("of resumptions at the same time, no more succeed than may run", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open({ max: 2 });
  const ids: string[] = [];
  for (let i = 0; i < 4; i++) {
    const { id } = await sessions.start({ path: world.work });
    await sessions.stop(id);
    ids.push(id);
  }
  const outcomes = await Promise.allSettled(ids.map((id) => sessions.resume(id)));
  assertEquals(outcomes.filter(({ status }) => status === "fulfilled").length, 2);
});

Deno.test("of sessions that are started in one conversation at the same time, one succeeds", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id, claude_session_id: resume } = await sessions.start({ path: world.work, prompt: "hello" });
  await sessions.whenIdle(id);
  await sessions.stop(id);
  const starts = [1, 2, 3].map(() => sessions.start({ path: world.work, resume }));
  const outcomes = await Promise.allSettled([...starts, sessions.resume(id)]);
  assertEquals(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
});

Deno.test("an idle session is stopped after a time, with the reason, and a prompt starts it again", async () => {
  await using world = await sessionWorld();
  const clock = leapingClock();
  await using sessions = world.openWith(clock, { idleStopMinutes: 10 });
  const { id } = await sessions.start({ path: world.work, prompt: "first" });
  await sessions.whenIdle(id);
  clock.leap(9 * 60_000);
  await ask(sessions, id, "second");
  clock.leap(9 * 60_000);
  await ask(sessions, id, "recall");
  clock.leap(10 * 60_000);
  await waitFor("the stop", () => sessions.get(id).status === "stopped");
  assertEquals(sessions.get(id).exit?.reason, "stopped after 10 idle minutes");
  await sessions.send(id, "recall", { startIfStopped: true });
  await waitFor("the answer", () => answers(sessions, id).length === 4);
  assertEquals(answers(sessions, id).at(-1), "first | second | recall");
});

Deno.test("a session that works is not stopped for being idle", async () => {
  await using world = await sessionWorld();
  const clock = leapingClock();
  await using sessions = world.openWith(clock, { idleStopMinutes: 1 });
  const { id } = await sessions.start({ path: world.work, prompt: "stall" });
  await waitFor("the turn", () => sessions.partial()[id] === "one two three ");
  clock.leap(HOUR_MS);
  await sessions.configure(id, { permission_mode: "plan" });
  assertEquals(sessions.get(id).status, "active");
});
