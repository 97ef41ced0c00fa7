import { assertEquals, assertRejects } from "@std/assert";
import { waitForSession } from "../../../lib/cli/mcp/session_wait.ts";
import type { HubClient } from "../../../lib/hub/hub_client.ts";
import type { Session } from "../../../lib/sessions/types.ts";
import { ClaustrumError } from "../../../lib/system/claustrum_error.ts";
import { type FakeClock, fakeClock } from "../../helpers/fake_clock.ts";
import { hubSocket, type TestHubSocket } from "../../helpers/hub_socket.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import { soon, waitFor } from "../../helpers/wait.ts";

/** A hub with one session, `s`. */
interface World extends AsyncDisposable {
  readonly sessions: MemorySessions;
  readonly hub: TestHubSocket;
  readonly client: HubClient;
  readonly clock: FakeClock;
  /** Waits for the session. */
  wait(args?: Record<string, unknown>, signal?: AbortSignal): ReturnType<typeof waitForSession>;
  /** Settles when a wait follows the session. */
  isFollowed(): Promise<unknown>;
  /** Changes the session. */
  set(facts: Partial<Session>): void;
  /** Stores what the agent says. */
  say(text: string, more?: Record<string, unknown>): void;
}

async function world(facts: Partial<Session> = {}): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const sessions = new MemorySessions();
  sessions.create("s", facts);
  const hub = stack.use(await hubSocket(sessions));
  const client = stack.use(await hub.connect());
  const clock = fakeClock();
  const moved = stack.move();
  return {
    sessions,
    hub,
    client,
    clock,
    wait: (args = {}, signal = new AbortController().signal) =>
      soon("the wait", waitForSession(client, { session_name: "s", ...args }, signal, clock)),
    isFollowed: () => waitFor("the follower", () => sessions.listeners > 0),
    set: (facts) => void sessions.create("s", { ...sessions.get("s"), ...facts, last_event: sessions.lastEvent }),
    say: (text, more = {}) => void sessions.add("s", { ...more, message: { content: [{ type: "text", text }] } }),
    [Symbol.asyncDispose]: () => moved[Symbol.asyncDispose](),
  };
}

/** What a wait returns about a session that has nothing special. */
const PLAIN = { id: "s", name: "name-s", timed_out: false, queued: 0, permissions: [] };

function prompt(sessions: MemorySessions, state = "sent"): void {
  sessions.add("s", { prompt_id: "p", state }, "prompt");
}

Deno.test("waitForSession() returns at once what an idle agent said last", async () => {
  await using at = await world();
  prompt(at.sessions);
  at.say("let me see");
  at.say("done");
  at.set({});
  assertEquals(await at.wait(), { ...PLAIN, status: "idle", answer: "done" });
  assertEquals(at.clock.pending, 0);
});

Deno.test("waitForSession() waits until a busy agent is idle", async () => {
  await using at = await world({ status: "active" });
  prompt(at.sessions);
  const result = at.wait();
  await at.isFollowed();
  at.sessions.create("other", { status: "idle" });
  at.say("done");
  at.set({ status: "idle" });
  assertEquals(await result, { ...PLAIN, status: "idle", answer: "done" });
});

Deno.test("waitForSession() returns the answer since the newest prompt, without what sub-agents say", async () => {
  await using at = await world();
  prompt(at.sessions);
  at.say("the former answer");
  prompt(at.sessions);
  at.set({});
  assertEquals((await at.wait()).answer, null);
  at.say("the answer");
  prompt(at.sessions, "queued");
  at.say("from below", { parent_tool_use_id: "t" });
  at.sessions.add("s", { message: { content: [{ type: "tool_use", name: "Bash" }] } });
  at.set({});
  assertEquals((await at.wait()).answer, "the answer");
});

Deno.test("waitForSession() finds the answer to a prompt that is many events older", async () => {
  await using at = await world();
  at.sessions.create("other");
  prompt(at.sessions);
  at.say("former");
  prompt(at.sessions);
  at.say("long ago");
  for (let i = 0; i < 300; i++) {
    at.sessions.store("s", { message: { content: [{ type: "tool_use", name: "Bash" }] } });
    at.sessions.store("other");
  }
  at.set({});
  assertEquals((await at.wait()).answer, "long ago");
});

Deno.test("waitForSession() returns the end of a very long answer, and its length", async () => {
  await using at = await world();
  at.say(`${"x".repeat(600_000)}end`);
  at.set({});
  const { answer, answer_length } = await at.wait();
  assertEquals([answer?.length, answer?.endsWith("xend"), answer_length], [50_000, true, 600_003]);
});

Deno.test("waitForSession() says why a turn failed", async () => {
  await using at = await world();
  prompt(at.sessions);
  at.say("API Error: 400", { error: "invalid_request" });
  at.sessions.add("s", { is_error: true, result: "API Error: 400" }, "result");
  at.set({});
  assertEquals(await at.wait(), { ...PLAIN, status: "idle", answer: null, error: "API Error: 400" });
});

Deno.test("waitForSession() says why there is no agent", async () => {
  await using at = await world({ status: "stopped", exit: { code: 1, reason: "exit code 1" } });
  assertEquals(await at.wait(), { ...PLAIN, status: "stopped", answer: null, error: "exit code 1" });
  at.set({ status: "error", error: "no such program" });
  assertEquals(await at.wait(), { ...PLAIN, status: "error", answer: null, error: "no such program" });
});

Deno.test("waitForSession() returns when a permission waits for a person", async () => {
  await using at = await world({ status: "active" });
  const facts = { host: "here", at: "", input: {}, requires_user_interaction: false, covers: "" };
  at.sessions.pending.push({ id: "q", session: "s", tool_name: "Bash", description: "run it", ...facts });
  at.sessions.pending.push({ id: "r", session: "other", tool_name: "Bash", ...facts });
  const result = at.wait();
  await at.isFollowed();
  at.set({ status: "waiting_permission", permissions: ["q"] });
  const permissions = [{ id: "q", tool_name: "Bash", description: "run it" }];
  assertEquals(await result, { ...PLAIN, status: "waiting_permission", answer: null, permissions });
});

Deno.test("waitForSession() returns what there is when the time is over", async () => {
  await using at = await world({ status: "active" });
  prompt(at.sessions);
  at.say("let me see");
  at.set({});
  const result = at.wait({ timeout_seconds: 2 });
  await at.isFollowed();
  at.clock.advance(2_000);
  assertEquals(await result, { ...PLAIN, status: "active", timed_out: true, answer: "let me see" });
  await waitFor("the end of the follower", () => at.sessions.listeners === 0);
});

Deno.test("waitForSession() goes on when the hub is restarted", async () => {
  await using at = await world({ status: "active" });
  const result = at.wait();
  await at.isFollowed();
  await at.hub.close();
  await waitFor("the end of the follower", () => at.sessions.listeners === 0);
  at.say("done");
  at.set({ status: "idle" });
  await at.hub.open();
  assertEquals((await result).answer, "done");
});

Deno.test("waitForSession() fails when the session is removed", async () => {
  await using at = await world({ status: "active" });
  const result = at.wait();
  const failed = assertRejects(() => result, ClaustrumError, 'session "name-s" was removed');
  await at.isFollowed();
  at.sessions.announce({ type: "removed", session: "s" });
  await failed;
});

Deno.test("waitForSession() ends with the signal's reason", async () => {
  await using at = await world({ status: "active" });
  const end = new AbortController();
  const result = at.wait({}, end.signal);
  const failed = assertRejects(() => result, Error, "enough");
  await at.isFollowed();
  end.abort(new Error("enough"));
  await failed;
  assertEquals(at.clock.pending, 0);
});

Deno.test("waitForSession() refuses arguments that do not fit", async () => {
  await using at = await world();
  await assertRejects(() => at.wait({ timeout: 1 }), ClaustrumError, 'there is no field "timeout"');
  await assertRejects(() => at.wait({ timeout_seconds: -1 }), ClaustrumError, '"timeout_seconds"');
  await assertRejects(() => at.wait({ session_name: "nobody" }), ClaustrumError, "there is no session nobody");
});
