import { assert, assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { matches, ruleFor, type RuleMatch } from "../../lib/sessions/permission_rules.ts";
import { connect } from "../../lib/client/connect.ts";
import { ConversationGuard } from "../../lib/sessions/conversation_guard.ts";
import { DaemonLine } from "../../lib/client/daemon_line.ts";
import { sessionSettings } from "../../lib/sessions/settings.ts";
import { SessionError } from "../../lib/sessions/session_error.ts";
import { keepAlive } from "../../lib/system/clock.ts";
import { StoreError } from "../../lib/store/store_error.ts";
import { leapingClock } from "../helpers/leaping_clock.ts";
import { agentPids, allEvents, answers, ask, question, restartableWorld, sessionWorld } from "../helpers/sessions.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

Deno.test("a session whose launch fails before the spawn is in error, and can be started again", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "hello" });
  await sessions.whenIdle(id);
  await sessions.stop(id);
  const directory = `${world.home}/.claude/sessions`;
  await Deno.rename(directory, `${directory}.kept`);
  await Deno.symlink("sessions", directory);
  const copy = await sessions.fork(id);
  assertEquals(copy.status, "error");
  assert(copy.error!.startsWith("the agent could not be started: "), copy.error);
  assertEquals(world.errors.splice(0).length, 1);
  assertEquals((await sessions.stop(copy.id)).status, "error");
  await Deno.remove(directory);
  await sessions.resume(copy.id);
  await ask(sessions, copy.id, "again");
});

Deno.test("a line that cannot be stored is kept as its length, and holds up nothing", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const [a, b] = [await sessions.start({ path: world.work }), await sessions.start({ path: world.work })];
  {
    using database = new DatabaseSync(world.store);
    database.exec(`CREATE TRIGGER no_poison BEFORE INSERT ON events
      WHEN NEW.type = 'assistant' AND NEW.payload LIKE '%poison%' BEGIN SELECT RAISE(ABORT, 'poison'); END`);
  }
  await sessions.send(a.id, "poison");
  await ask(sessions, b.id, "hello");
  await sessions.whenIdle(a.id);
  await ask(sessions, a.id, "after");
  assertEquals([answers(sessions, a.id), answers(sessions, b.id)], [["echo: poison", "echo: after"], ["echo: hello"]]);
  const [bad] = allEvents(sessions, a.id).filter(({ type, subtype }) => type === "stdout" && subtype === "error");
  assert(Number((bad!.payload as { bytes: number }).bytes) > 100);
  assertEquals(world.errors.splice(0).length, 1);
});

Deno.test("a listener that fails holds up nothing", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  using _listening = sessions.listen(() => {
    throw new RangeError("no");
  });
  const { id } = await sessions.start({ path: world.work, prompt: "hello" });
  await sessions.whenIdle(id);
  await ask(sessions, id, "again");
  assertEquals(answers(sessions, id), ["echo: hello", "echo: again"]);
  assert(world.errors.splice(0).length > 0);
});

Deno.test("ruleFor() takes inputs of any depth", () => {
  const context = { directory: "/", realPath: (path: string) => path, guarded: [] };
  const input = { b: JSON.parse("[".repeat(50_000) + '{"d":1,"c":2}' + "]".repeat(50_000)), a: 1 };
  const call = { toolName: "mcp__x__y", input, requiresUserInteraction: false };
  const rule = ruleFor(call, context)!;
  assertEquals([rule.kind, matches(rule, call, context)], ["exact", true]);
  const { input: text } = rule as Extract<RuleMatch, { kind: "exact" }>;
  assert(text.startsWith('{"a":1,"b":[[') && text.includes('{"c":2,"d":1}'));
});

Deno.test("a project directory that cannot be looked at harms no session", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "hello" });
  await sessions.whenIdle(id);
  await Deno.symlink("loop", `${world.home}/.claude/projects/loop`);
  await sessions.send(id, "suicide");
  await waitFor("the end", () => sessions.get(id).exit?.signal === "SIGKILL");
  await sessions.resume(id);
  await ask(sessions, id, "recall");
  assertEquals(answers(sessions, id).at(-1), "hello | suicide");
});

Deno.test("a token that cannot be read does not count as the end of the daemon", async () => {
  await using world = await sessionWorld();
  const first = await world.open();
  const { id } = await first.start({ path: world.work, prompt: "hello" });
  await first.whenIdle(id);
  await first[Symbol.asyncDispose]();
  const token = `${world.home}/daemon.token`;
  await Deno.rename(token, `${token}.kept`);
  await Deno.mkdir(token);
  const clock = leapingClock();
  await using sessions = world.openWith(clock);
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.leap(1_000);
  }
  assertEquals([sessions.isDaemonUp, sessions.get(id).status], [false, "idle"]);
  await Deno.remove(token);
  await Deno.rename(`${token}.kept`, token);
  await waitFor("the daemon", () => sessions.isDaemonUp);
  await ask(sessions, id, "recall");
  assertEquals(answers(sessions, id).at(-1), "hello");
});

Deno.test("nothing hangs without a daemon, and nothing is stored of what is refused", async () => {
  await using world = await restartableWorld();
  const clock = leapingClock();
  using _alive = keepAlive(); // there is nothing to wait for but clocks
  let id = "";
  {
    await using sessions = await world.open();
    ({ id } = await sessions.start({ path: world.work, prompt: "hello" }));
    await sessions.whenIdle(id);
    await sessions.stop(id);
  }
  await world.killDaemon();
  await using sessions = world.openWith(clock);
  const early = assertRejects(() => sessions.start({ path: world.work }), SessionError, "the daemon cannot be reached");
  clock.leap(4_000);
  assertEquals((await early).kind, "unavailable");
  for (const work of [() => sessions.start({ path: world.work }), () => sessions.resume(id)]) {
    assertEquals((await assertRejects(work, SessionError, "the daemon cannot be reached")).kind, "unavailable");
  }
  const error = await assertRejects(() => sessions.send(id, "x", { startIfStopped: true }), SessionError);
  assertEquals([error.kind, sessions.list().length], ["unavailable", 1]);
  await world.startDaemon();
  await waitFor("the daemon", () => sessions.isDaemonUp);
  await sessions.resume(id);
  await ask(sessions, id, "recall");
  assertEquals(answers(sessions, id).at(-1), "hello");
});

Deno.test("an agent that refuses to start leaves an error with its reason", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open({ agentEnv: { STAND_IN_REFUSES: "too old" } });
  const { status, error } = await sessions.start({ path: world.work });
  assertEquals([status, error], ["error", "the agent refused to start: too old"]);
});

Deno.test("a session that was cleared and stopped before another prompt can be resumed", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id, claude_session_id } = await sessions.start({ path: world.work, prompt: "hello" });
  await sessions.whenIdle(id);
  await ask(sessions, id, "/clear");
  assertNotEquals(sessions.get(id).claude_session_id, claude_session_id);
  await sessions.stop(id);
  assertEquals((await sessions.resume(id)).status, "idle");
  await ask(sessions, id, "recall");
  assert(!answers(sessions, id).at(-1)!.includes("hello"));
});

Deno.test("a prompt that is sent while its session is being stopped starts it again, when asked to", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "hello" });
  await sessions.whenIdle(id);
  const stopping = sessions.stop(id);
  await sessions.send(id, "again", { startIfStopped: true });
  await stopping;
  await waitFor("the answer", () => answers(sessions, id).at(-1) === "echo: again");
});

Deno.test("what is in a conversation and is no process of the session is left alone, and refused", async () => {
  await using world = await sessionWorld();
  const clock = leapingClock();
  const fails = { onUp() {}, onGone() {}, onError: (error: unknown) => void world.errors.push(error) };
  await using line = new DaemonLine({ ...fails, clock, connect: () => connect({ socket: world.daemon.socket }) });
  const settings = sessionSettings({ tmuxSocket: `${world.home}/tmux.sock`, home: world.home });
  const guard = new ConversationGuard({ line, clock, settings });
  await using other = new Deno.Command("sleep", { args: ["1000"] }).spawn();
  try {
    const entry = { pid: other.pid, sessionId: "conversation" };
    await Deno.mkdir(`${world.home}/.claude/sessions`, { recursive: true });
    await Deno.writeTextFile(`${world.home}/.claude/sessions/${other.pid}.json`, JSON.stringify(entry));
    const waiting = assertRejects(() => guard.waitUntilFree("conversation", 1), SessionError, `process ${other.pid}`);
    clock.leap(1_000);
    clock.leap(30_000);
    await waiting;
    assert(isAlive(other.pid));
    const ending = guard.waitUntilFree("conversation", other.pid);
    clock.leap(11_000);
    await waitFor("the end", () => !isAlive(other.pid));
    await ending;
  } finally {
    if (isAlive(other.pid)) other.kill("SIGKILL");
  }
});

Deno.test("a session whose agent ended so long ago that the daemon forgot it says so", async () => {
  await using world = await sessionWorld();
  const first = await world.open();
  const { id } = await first.start({ path: world.work });
  await first[Symbol.asyncDispose]();
  {
    await using client = await connect({ socket: world.daemon.socket });
    const [agent] = await agentPids(world.home);
    Deno.kill(agent!, "SIGKILL");
    const ended = async () => (await client.call("process.list", {})).processes.find(({ running }) => !running);
    const process = await waitFor("the end", ended);
    await client.call("process.forget", { id: process.id });
  }
  await using sessions = await world.open();
  await waitFor("the end", () => sessions.get(id).status === "stopped");
  assertStringIncludes(sessions.get(id).exit!.reason, "the daemon has forgotten it");
  assertEquals((await sessions.resume(id)).status, "idle");
});

Deno.test("what is due while another program holds the store is done afterwards", async () => {
  await using world = await sessionWorld();
  const clock = leapingClock();
  await using sessions = world.openWith(clock, { askTimeoutSeconds: 60 });
  const { id } = await sessions.start({ path: world.work, prompt: "tool Bash touch made" });
  await question(sessions);
  {
    using database = new DatabaseSync(world.store);
    database.exec("BEGIN IMMEDIATE");
    clock.leap(60_000);
    await waitFor("the failure", () => world.errors.length > 0);
    database.exec("COMMIT");
  }
  await waitFor("the answer", () => answers(sessions, id).length === 1);
  assertEquals(answers(sessions, id), ["denied: No answer came in time."]);
  for (const error of world.errors.splice(0)) assert(error instanceof StoreError, String(error));
});

Deno.test("a request to the agent that cannot be stored fails, and nothing waits for its response", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  {
    using database = new DatabaseSync(world.store);
    database.exec("BEGIN IMMEDIATE");
    await assertRejects(() => sessions.configure(id, { permission_mode: "plan" }), StoreError);
    database.exec("COMMIT");
  }
  // A promise that nobody waits for would be rejected now, which fails the test.
  await sessions.stop(id);
  world.errors.length = 0;
});
