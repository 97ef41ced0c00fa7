import { assertEquals, assertRejects } from "@std/assert";
import { HubCallError, HubUnreachableError } from "../../lib/hub/connect_hub.ts";
import type { FollowMessage, FollowOptions, HubClient } from "../../lib/hub/hub_client.ts";
import { connectHub } from "../../lib/hub/connect_hub.ts";
import { hubSocket, TOKEN } from "../helpers/hub_socket.ts";
import { MemorySessions } from "../helpers/memory_sessions.ts";
import { soon, waitFor } from "../helpers/wait.ts";

/** A follower that collects what it gets. */
interface Collector extends AsyncDisposable {
  readonly messages: FollowMessage[];
  /** The ids of the events that have come. */
  ids(): number[];
  /** Settles when the stream has ended. */
  readonly ended: Promise<void>;
}

function collect(client: HubClient, options: FollowOptions = {}): Collector {
  const end = new AbortController();
  const messages: FollowMessage[] = [];
  const ended = (async () => {
    for await (const message of client.follow({ ...options, signal: end.signal })) messages.push(message);
  })();
  ended.catch(() => {}); // the test looks at it, if it wants
  return {
    messages,
    ended,
    ids: () => messages.flatMap((message) => message.type === "event" ? [message.event.id] : []),
    async [Symbol.asyncDispose]() {
      end.abort();
      await ended.catch(() => {});
    },
  };
}

function hasSnapshot({ messages }: Collector): boolean {
  return messages.some(({ type }) => type === "snapshot");
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}

Deno.test("follow() begins with a snapshot, and goes on with what happens from then on", async () => {
  const sessions = new MemorySessions();
  const session = sessions.create("s");
  sessions.add("s");
  sessions.partialTexts = { s: "so f" };
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  await using follower = collect(client);
  await waitFor("the snapshot", () => hasSnapshot(follower));
  const event = sessions.add("s", { text: "new" });
  sessions.announce({ type: "delta", session: "s", text: "ar" });
  const changed = sessions.create("s", { status: "active" });
  await waitFor("all messages", () => follower.messages.length === 4);
  assertEquals(follower.messages, [
    { type: "snapshot", sessions: [session], permissions: [], partial: { s: "so f" }, last_event: 1 },
    { type: "event", event },
    { type: "delta", session: "s", text: "ar" },
    { type: "session", session: changed },
  ]);
});

Deno.test("follow() returns every event after an id, once and in order, while more are announced", async () => {
  const sessions = new MemorySessions();
  sessions.create("s");
  for (let i = 0; i < 2_000; i++) sessions.add("s", { text: "x".repeat(1_000) });
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  await using all = collect(client, { after: 0 });
  await using some = collect(client, { after: 1_990 });
  while (sessions.lastEvent < 3_000) {
    for (let i = 0; i < 10; i++) sessions.add("s");
    await new Promise((resolve) => setImmediate(resolve));
  }
  await waitFor("all events", () => all.ids().length >= 3_000 && some.ids().length >= 1_010);
  assertEquals(all.ids(), upTo(3_000));
  assertEquals(some.ids(), upTo(3_000).slice(1_990));
});

Deno.test("follow() does not double an event that was stored before the snapshot and announced after it", async () => {
  const sessions = new MemorySessions();
  sessions.create("s");
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  const event = sessions.store("s");
  await using follower = collect(client, { after: 0 });
  await waitFor("the event", () => follower.ids().length === 1);
  sessions.announce({ type: "event", event });
  sessions.add("s");
  await waitFor("the next event", () => follower.ids().includes(2));
  assertEquals(follower.ids(), [1, 2]);
});

Deno.test("follow() returns what belongs to the sessions that are followed, and nothing else", async () => {
  const sessions = new MemorySessions();
  const a = sessions.create("a");
  sessions.create("b");
  sessions.partialTexts = { a: "1", b: "2" };
  for (let i = 0; i < 4; i++) sessions.add(i % 2 === 0 ? "a" : "b");
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  await using follower = collect(client, { after: 0, sessions: [a.name] });
  await waitFor("the past", () => follower.ids().length === 2);
  for (const session of ["b", "a"]) {
    sessions.announce({ type: "delta", session, text: session });
    sessions.add(session);
  }
  await waitFor("the last event", () => follower.ids().length === 3);
  assertEquals(follower.ids(), [1, 3, 6]);
  const [snapshot] = follower.messages;
  assertEquals(snapshot?.type === "snapshot" && [snapshot.sessions, snapshot.partial], [[a], { a: "1" }]);
  assertEquals(follower.messages.filter(({ type }) => type === "delta"), [{ type: "delta", session: "a", text: "a" }]);
});

Deno.test("follow() goes on without a gap or a duplicate when the hub restarts, however often", async () => {
  const sessions = new MemorySessions();
  sessions.create("s");
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  await using follower = collect(client);
  await waitFor("the snapshot", () => hasSnapshot(follower));
  for (let restarts = 0; restarts < 3; restarts++) {
    for (let i = 0; i < 50; i++) sessions.add("s", { text: "x".repeat(10_000) });
    await hub.close();
    for (let i = 0; i < 50; i++) sessions.add("s");
    await hub.open();
  }
  await waitFor("all events", () => follower.ids().length >= 300);
  assertEquals(follower.ids(), upTo(300));
});

Deno.test("a payload over 256 KiB is replaced with its size in live events", async () => {
  const sessions = new MemorySessions();
  sessions.create("s");
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  const text = "x".repeat(256 << 10);
  sessions.add("s", { text });
  await using follower = collect(client, { after: 0 });
  await waitFor("the past", () => follower.ids().length === 1);
  sessions.add("s", { text });
  await waitFor("both events", () => follower.ids().length === 2);
  const payloads = follower.messages.flatMap((message) => message.type === "event" ? [message.event.payload] : []);
  assertEquals(payloads, [{ truncated: 262_155 }, { truncated: 262_155 }]);
});

Deno.test("an event is serialised once for all followers", async () => {
  const sessions = new MemorySessions();
  sessions.create("s");
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  await using one = collect(client);
  await using other = collect(client);
  await waitFor("both snapshots", () => hasSnapshot(one) && hasSnapshot(other));
  let count = 0;
  sessions.announce({ type: "delta", session: "s", text: { toJSON: () => `text ${++count}` } as unknown as string });
  sessions.add("s");
  await waitFor("the event", () => one.ids().length === 1 && other.ids().length === 1);
  assertEquals(count, 1);
});

Deno.test("the hub stops listening to sessions when nobody follows any more", async () => {
  const sessions = new MemorySessions();
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  {
    await using follower = collect(client);
    await waitFor("the snapshot", () => hasSnapshot(follower));
    assertEquals(sessions.listeners, 1);
  }
  await waitFor("nobody to listen", () => sessions.listeners === 0);
});

Deno.test("a follower that does not read is cut off, and misses nothing when it comes back", async () => {
  const sessions = new MemorySessions();
  sessions.create("s");
  await using hub = await hubSocket(sessions);
  using lazy = await hub.lines();
  assertEquals((await lazy.call("session.follow")).error, undefined);
  while (!hub.log().includes("a follower is cut off")) {
    sessions.add("s", { text: "x".repeat(100_000) });
    await new Promise((resolve) => setImmediate(resolve));
  }
  const count = sessions.lastEvent;
  let [last, type] = [0, ""];
  for (let line = await lazy.line(); line !== undefined; line = await lazy.line()) {
    const { params } = JSON.parse(line);
    type = params.type;
    if (type !== "event") continue;
    assertEquals(params.event.id, last + 1);
    last++;
  }
  assertEquals([type, last < count], ["lagging", true]);
  await using client = await hub.connect();
  await using follower = collect(client, { after: last });
  await waitFor("the rest", () => follower.ids().at(-1) === count);
  assertEquals(follower.ids(), upTo(count).slice(last));
});

Deno.test("a follower with unread output gets no partial messages", async () => {
  const sessions = new MemorySessions();
  sessions.create("s");
  await using hub = await hubSocket(sessions);
  using lazy = await hub.lines();
  await lazy.call("session.follow");
  for (let i = 0; i < 25; i++) sessions.add("s", { text: "x".repeat(100_000) });
  for (let i = 0; i < 100; i++) sessions.announce({ type: "delta", session: "s", text: "dropped" });
  sessions.add("s");
  const messages = await lazy.until((message) =>
    (message as { params?: { event?: { id: number } } }).params?.event?.id === 26
  );
  assertEquals(messages.filter((message) => JSON.stringify(message).includes("dropped")), []);
  sessions.announce({ type: "delta", session: "s", text: "shown" });
  assertEquals(JSON.parse((await lazy.line())!).params, { type: "delta", session: "s", text: "shown" });
});

Deno.test("a partial message of which a follower lacks a piece is not continued", async () => {
  const sessions = new MemorySessions();
  for (const id of ["s", "other"]) sessions.create(id);
  await using hub = await hubSocket(sessions);
  using lazy = await hub.lines();
  await lazy.call("session.follow");
  sessions.announce({ type: "delta", session: "s", text: "a " });
  for (let i = 0; i < 25; i++) sessions.add("other", { text: "x".repeat(100_000) });
  sessions.announce({ type: "delta", session: "s", text: "dropped " });
  const texts = async (last: number) => {
    const messages = await lazy.until((message) =>
      (message as { params?: { event?: { id: number } } }).params?.event?.id === last
    );
    const params = messages.map((message) => (message as { params: FollowMessage }).params);
    return params.flatMap((message) => message.type === "delta" ? [`${message.session}: ${message.text}`] : []);
  };
  sessions.add("other");
  assertEquals(await texts(26), ["s: a "]);
  sessions.announce({ type: "delta", session: "s", text: "of the same block " });
  sessions.announce({ type: "delta", session: "other", text: "whole" });
  sessions.add("s", { text: "Warning" }, "stderr");
  sessions.announce({ type: "delta", session: "s", text: "as before" });
  sessions.add("s");
  assertEquals(await texts(28), ["other: whole"]);
  sessions.announce({ type: "delta", session: "s", text: "another block" });
  sessions.add("s");
  assertEquals(await texts(29), ["s: another block"]);
});

Deno.test("a follower gets no rest of a partial message that went on while it caught up", async () => {
  const sessions = new MemorySessions();
  sessions.create("s");
  for (let i = 0; i < 40; i++) sessions.add("s", { text: "x".repeat(100_000) });
  await using hub = await hubSocket(sessions);
  using lazy = await hub.lines();
  await lazy.call("session.follow", { after: 0 });
  sessions.announce({ type: "delta", session: "s", text: "while it catches up" });
  const isLast = (id: number) => (message: unknown) =>
    (message as { params?: { event?: { id: number } } }).params?.event?.id === id;
  const past = await lazy.until(isLast(40));
  sessions.announce({ type: "delta", session: "s", text: "the rest" });
  sessions.add("s");
  const rest = await lazy.until(isLast(41));
  assertEquals([...past, ...rest].filter((message) => JSON.stringify(message).includes("delta")), []);
});

Deno.test("a second session.follow of a connection takes the place of the first", async () => {
  const sessions = new MemorySessions();
  sessions.create("a");
  sessions.create("b");
  await using hub = await hubSocket(sessions);
  using client = await hub.lines();
  await client.call("session.follow", { sessions: ["a"] });
  await client.call("session.follow", { sessions: ["b"] });
  assertEquals(JSON.parse((await client.line())!).params.sessions.length, 1);
  sessions.add("a");
  sessions.add("b");
  assertEquals(JSON.parse((await client.line())!).params.event.session, "b");
  assertEquals(sessions.listeners, 1);
});

Deno.test("follow() ends when its signal aborts", async () => {
  await using hub = await hubSocket(new MemorySessions());
  await using client = await hub.connect();
  const end = new AbortController();
  const types: string[] = [];
  for await (const { type } of client.follow({ signal: end.signal })) {
    types.push(type);
    end.abort();
  }
  assertEquals(types, ["snapshot"]);
});

Deno.test("follow() ends when the client is closed", async () => {
  await using hub = await hubSocket(new MemorySessions());
  const client = await hub.connect();
  await using follower = collect(client);
  await waitFor("the snapshot", () => hasSnapshot(follower));
  await client[Symbol.asyncDispose]();
  await soon("the end", follower.ended);
});

Deno.test("follow() throws what the hub answers", async () => {
  await using hub = await hubSocket(new MemorySessions());
  await using client = await hub.connect();
  const error = await assertRejects(() => client.follow({ sessions: ["none"] }).next(), HubCallError);
  assertEquals(error.code, -32004);
});

Deno.test("follow() gives up when the hub stays away", async () => {
  await using hub = await hubSocket(new MemorySessions());
  await using client = await connectHub({ socket: hub.socket, token: TOKEN, giveUpMs: 50 });
  await using follower = collect(client);
  await waitFor("the snapshot", () => hasSnapshot(follower));
  await hub.close();
  await assertRejects(() => soon("the end", follower.ended), HubUnreachableError, "no hub is listening on ");
});

Deno.test("connectHub() throws when nobody listens", async () => {
  await assertRejects(
    () => connectHub({ socket: "/nonexistent/hub.sock", token: "t" }),
    HubUnreachableError,
    "no hub is listening on /nonexistent/hub.sock",
  );
});

Deno.test("two followers get 20,000 events within seconds", async () => {
  const sessions = new MemorySessions();
  sessions.create("s");
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  await using one = collect(client);
  await using other = collect(client);
  await waitFor("both snapshots", () => hasSnapshot(one) && hasSnapshot(other));
  const start = performance.now();
  for (let burst = 0; burst < 200; burst++) {
    for (let i = 0; i < 100; i++) {
      const event = {
        id: burst * 100 + i + 1,
        session: "s",
        seq: 1,
        at: "",
        type: "assistant",
        payload: { text: "x".repeat(300) },
      };
      sessions.stored.push(event);
      sessions.announce({ type: "event", event });
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await waitFor("all events", () => one.ids().length >= 20_000 && other.ids().length >= 20_000);
  const ms = performance.now() - start;
  assertEquals([one.ids(), other.ids()], [upTo(20_000), upTo(20_000)]);
  assertEquals(ms < 10_000, true, `${ms} ms`);
});

Deno.test("a follower that still catches up hears that a session was removed, and no former state of it", async () => {
  const sessions = new MemorySessions();
  sessions.create("s");
  sessions.create("t");
  for (let i = 0; i < 1_000; i++) sessions.add("s", { text: "x".repeat(10_000) });
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  await using follower = collect(client, { after: 0 });
  await waitFor("the snapshot", () => hasSnapshot(follower));
  const isBehind = follower.ids().length < 1_000;
  sessions.create("s", { status: "stopped" });
  sessions.remove("s");
  sessions.announce({ type: "removed", session: "s" });
  await waitFor("the end", () => follower.messages.some(({ type }) => type === "removed"));
  assertEquals([isBehind, follower.ids()], [true, upTo(1_000)]);
  assertEquals(follower.messages.slice(1_001), [{ type: "removed", session: "s" }]);
});
