import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { headers } from "@nats-io/nats-core";
import { jetstreamManager } from "@nats-io/jetstream";
import type { FollowMessage } from "../../../lib/hub/hub_client.ts";
import { HubCallError, HubUnreachableError } from "../../../lib/hub/hub_errors.ts";
import type { HostFollowOptions } from "../../../lib/hub/hosts/host_mirror.ts";
import { hubMark } from "../../../lib/hub/nats/event_reader.ts";
import { PART_BYTES } from "../../../lib/hub/nats/parts.ts";
import { eventSubject, liveSubject } from "../../../lib/hub/nats/subjects.ts";
import { connectNats } from "../../../lib/hub/nats/nats_transport.ts";
import type { EventQuery } from "../../../lib/sessions/sessions.ts";
import { RequestError } from "../../../lib/system/request_error.ts";
import { type NatsHub, natsHub } from "../../helpers/nats_hub.ts";
import { hasNats, type NatsServer, startNatsServer } from "../../helpers/nats_server.ts";
import { needing } from "../../helpers/program.ts";
import { waitFor } from "../../helpers/wait.ts";

/** Declares a test with a server, and two hubs of which one shows the other. */
function natsTest(
  name: string,
  fn: (world: { readonly server: NatsServer; readonly far: NatsHub; readonly near: NatsHub }) => Promise<void>,
): void {
  Deno.test({
    ...needing(name, hasNats(), "nats-server"),
    async fn() {
      await using server = await startNatsServer();
      await using far = await natsHub("far", { url: server.url });
      await using near = await natsHub("near", { url: server.url });
      await isUp(near, "far");
      await fn({ server, far, near });
    },
  });
}

async function isUp(hub: NatsHub, host: string): Promise<void> {
  await waitFor(`${host} to be up`, () => hub.hosts.list().some(({ name, state }) => name === host && state === "up"));
}

/** Follows a host, and collects what comes. */
function follow(hub: NatsHub, host: string, options: Omit<HostFollowOptions, "signal"> = {}) {
  const ending = new AbortController();
  const messages: FollowMessage[] = [];
  const running = (async () => {
    for await (const message of hub.hosts.follow(host, { ...options, signal: ending.signal })) messages.push(message);
  })();
  return {
    messages,
    ids: () => messages.flatMap((message) => message.type === "event" ? [message.event.id] : []),
    isFollowing: () => waitFor("the snapshot", () => messages.some(({ type }) => type === "snapshot")),
    async [Symbol.asyncDispose]() {
      ending.abort();
      await running;
    },
  };
}

const DOUBLED = 'two hubs in NATS are called "far": give one of them another name in its hub.toml';
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

natsTest("a host of NATS is shown with what it has, and tells when it goes and comes", async ({ far, near }) => {
  far.sessions.create("s1", { host: "far" });
  await waitFor("the session", () => near.hosts.sessions.length === 1);
  const { last_contact: _, version: _version, ...shown } = near.hosts.get("far");
  assertEquals(shown, { name: "far", line: "nats", address: "nats://far", state: "up", sessions: 1, waiting: 0 });
});

natsTest("an operation runs on the host, in the name of who asks", async ({ far, near }) => {
  far.sessions.create("s1");
  await waitFor("the session", () => near.hosts.sessions.length === 1);
  const caller = { who: "ann", isViewer: false };
  const params = { session_name: "s1", prompt: "hello" };
  assertEquals((await near.hosts.mirror("far").call("prompt.send", params, caller)).prompt_status, "sent");
  const viewer = { who: "bob", isViewer: true };
  await assertRejects(() => near.hosts.mirror("far").call("prompt.send", params, viewer), HubCallError, "only look");
  await assertRejects(() => near.hosts.mirror("far").call("hosts.list", {}), HubCallError, "not for other hubs");
  const unknown = { ...params, session_name: "nobody" };
  await assertRejects(() => near.hosts.mirror("far").call("prompt.send", unknown), HubCallError, "no session nobody");
});

natsTest("large prompts and results pass in parts", async ({ far, near }) => {
  far.sessions.create("s1");
  await waitFor("the session", () => near.hosts.sessions.length === 1);
  const mirror = near.hosts.mirror("far");
  const prompt = "x".repeat(3 << 20);
  await mirror.call("prompt.send", { session_name: "s1", prompt });
  assertEquals(far.sessions.stored[0]?.payload, { prompt });
  const whole = await mirror.call("session.event", { event_id: 1 });
  assertEquals("payload" in whole && whole.payload, { prompt });
});

natsTest("a part of an event that looks like an event is none", async ({ far, near }) => {
  far.sessions.create("s1");
  await using all = follow(near, "far", { after: 0 });
  await using one = follow(near, "far", { after: 0, sessions: ["s1"] });
  await all.isFollowing();
  await one.isFollowing();
  const forged = (fill: string) => ({
    ...{ id: 999, session: "s1", seq: 999, at: "2026-01-01T00:00:00.000Z", type: "user" },
    payload: { fill },
  });
  const fill = "y".repeat(PART_BYTES - JSON.stringify(forged("")).length);
  // An object that an agent has said, and that is exactly one of the parts.
  const first = far.sessions.add("s1", { pad: "", forged: {} });
  const pad = "x".repeat(PART_BYTES - JSON.stringify(first).indexOf("{}"));
  const text = JSON.stringify(far.sessions.add("s1", { pad, forged: forged(fill) }));
  assertEquals(JSON.parse(text.slice(PART_BYTES, 2 * PART_BYTES)).id, 999);
  far.sessions.add("s1", { i: 3 });
  await waitFor("the events", () => all.ids().length >= 3 && one.ids().length >= 3);
  assertEquals([all.ids(), one.ids()], [[1, 2, 3], [1, 2, 3]]);
});

natsTest("events come once and in order, with what is not kept in between", async ({ far, near }) => {
  far.sessions.create("s1");
  far.sessions.create("s2");
  await using all = follow(near, "far", { after: 0 });
  await using one = follow(near, "far", { after: 0, sessions: ["s1"] });
  await all.isFollowing();
  await one.isFollowing();
  for (let i = 0; i < 300; i++) {
    far.sessions.add(i % 2 === 0 ? "s1" : "s2", { i });
    far.sessions.announce({ type: "delta", session: "s1", text: `${i}` });
  }
  await waitFor("all events", () => all.ids().length === 300 && one.ids().length === 150);
  assertEquals(all.ids(), upTo(300));
  assertEquals(one.ids(), upTo(300).filter((id) => id % 2 === 1));
  for (const { messages } of [all, one]) {
    await waitFor("the last piece", () => messages.some((each) => each.type === "delta" && each.text === "299"));
    // Each piece comes behind the event of its session that was before it.
    let last = 0;
    for (const message of messages) {
      if (message.type === "event" && message.event.session === "s1") last = message.event.id;
      if (message.type === "delta") assertEquals(last - Number(message.text) > -1, true);
    }
  }
});

natsTest(
  "a large event is in the stream in parts, and its size is told to who follows",
  async ({ server, far, near }) => {
    far.sessions.create("s1");
    await using all = follow(near, "far");
    await all.isFollowing();
    far.sessions.add("s1", { text: "ü".repeat(400 << 10) });
    far.sessions.add("s1", { text: "small" });
    await waitFor("the events", () => all.ids().length === 2);
    const [first] = all.messages.flatMap((message) => message.type === "event" ? [message.event.payload] : []);
    assertEquals(first, { truncated: (800 << 10) + 11 });
    await using connection = await connectNats({ servers: `127.0.0.1:${server.port}` });
    const { state, config } = await (await jetstreamManager(connection)).streams.info("claustrum");
    assertEquals([state.messages, config.max_msg_size, config.discard], [5, 256 << 10, "old"]);
  },
);

natsTest("each event comes once, although the server is killed three times", async ({ server, far, near }) => {
  far.sessions.create("s1");
  await using all = follow(near, "far", { after: 0 });
  await using one = follow(near, "far", { after: 0, sessions: ["s1"] });
  await all.isFollowing();
  let count = 0;
  const add = (more: number) => {
    for (let i = 0; i < more; i++) far.sessions.add("s1", { i: count++ });
  };
  for (let round = 0; round < 3; round++) {
    add(100);
    await server.kill();
    add(100);
    await waitFor("the loss to be noticed", () => near.hosts.get("far").state === "offline");
    assertStringIncludes(near.hosts.get("far").reason ?? "", "NATS server");
    add(100);
    await server.start();
    add(100);
    await waitFor("all events", () => all.ids().length >= count && one.ids().length >= count);
  }
  assertEquals([all.ids(), one.ids()], [upTo(count), upTo(count)]);
});

natsTest("each event comes once, although the far hub is started again three times", async ({ far, near }) => {
  far.sessions.create("s1");
  await using all = follow(near, "far", { after: 0 });
  await all.isFollowing();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 300; i++) far.sessions.add("s1", { i });
    await far.restart();
    far.sessions.add("s1", {});
  }
  await waitFor("all events", () => all.ids().length >= 903);
  assertEquals(all.ids(), upTo(903));
});

natsTest("what the stream has lost is asked of the host", async ({ server, far, near }) => {
  far.sessions.create("s1");
  await using connection = await connectNats({ servers: `127.0.0.1:${server.port}` });
  await using all = follow(near, "far");
  await using one = follow(near, "far", { sessions: ["s1"] });
  await all.isFollowing();
  await one.isFollowing();
  far.sessions.add("s1", {});
  await waitFor("the first event", () => all.ids().length === 1 && one.ids().length === 1);
  // The stream takes these for events that it has already, and drops them.
  const mark = hubMark(far.store.outbox.hubId());
  for (const id of [2, 3]) {
    const fields = headers();
    fields.set("Nats-Msg-Id", `far.${mark}.${id}`);
    connection.publish("claustrum.somebody.event.else", "{}", { headers: fields });
  }
  await connection.flush();
  for (let i = 0; i < 4; i++) far.sessions.add("s1", {});
  await waitFor("all events", () => all.ids().length === 5 && one.ids().length === 5);
  assertEquals([all.ids(), one.ids()], [upTo(5), upTo(5)]);
});

natsTest("a time that no date can express keeps no other host from being listed", async ({ server, near }) => {
  await using connection = await connectNats({ servers: `127.0.0.1:${server.port}` });
  const state = { name: "evil", hub: "h", run: "r", at: 1e300, version: "1", last_event: 0, sessions: 0, waiting: 0 };
  for (const at of [1e300, 8.64e15, -1e20]) {
    connection.publish("claustrum.evil.state", JSON.stringify({ ...state, at }));
  }
  await connection.flush();
  await waitFor("the host", () => near.hosts.names.includes("evil"));
  assertEquals(near.hosts.list().map(({ name }) => name), ["evil", "far"]);
});

natsTest("over NATS a hub reaches nothing that another one shows of a third", async ({ server, far, near }) => {
  await using third = await natsHub("third", { url: server.url });
  third.sessions.create("of-third");
  await isUp(far, "third");
  await waitFor("the session of the third", () => far.hosts.sessions.some(({ id }) => id === "of-third"));
  const mirror = near.hosts.mirror("far");
  assertEquals((await mirror.call("sessions.list", {})).map(({ id }) => id), []);
  await assertRejects(() => mirror.call("session.get", { session_name: "of-third" }), HubCallError, "no session");
});

natsTest("nonsense in NATS changes nothing", async ({ server, far, near }) => {
  far.sessions.create("s1");
  await using all = follow(near, "far");
  await all.isFollowing();
  await using connection = await connectNats({ servers: `127.0.0.1:${server.port}` });
  for (const text of ["", "{", "null", '{"id":"x"}', '{"after":0,"message":{"type":"session"}}', "\xff".repeat(1000)]) {
    for (
      const subject of [eventSubject("far", "s1"), liveSubject("far", "s1"), "claustrum.far.state", "claustrum.far.rpc"]
    ) {
      connection.publish(subject, text, { reply: "nobody" });
    }
  }
  await connection.flush();
  far.sessions.add("s1", {});
  await waitFor("the event", () => all.ids().length === 1);
  assertEquals(all.ids(), [1]);
  assertEquals(near.hosts.get("far").state, "up");
});

natsTest("the events of a host that is away are read from the stream", async ({ far, near }) => {
  far.sessions.create("s1");
  far.sessions.create("s2");
  await waitFor("the sessions", () => near.hosts.sessions.length === 2);
  for (let i = 0; i < 600; i++) far.sessions.add(i % 2 === 0 ? "s1" : "s2", { i }, i % 3 === 0 ? "user" : "assistant");
  far.sessions.add("s1", { text: "ü".repeat(400 << 10) });
  await using all = follow(near, "far", { after: 0 });
  await waitFor("all events", () => all.ids().length === 601);
  await far[Symbol.asyncDispose]();
  await waitFor("the host to be away", () => near.hosts.get("far").state === "offline");
  const past = async (query: EventQuery) => {
    const events = await near.hosts.pastEvents("far", "name-s1", query) ?? [];
    assertEquals(events.every(({ session, host }) => session === "s1" && host === "far"), true);
    return events.map(({ id }) => id);
  };
  const all1 = upTo(601).filter((id) => id % 2 === 1);
  assertEquals(await past({ limit: 1_000 }), all1);
  assertEquals(await past({ after: 101, limit: 5 }), [103, 105, 107, 109, 111]);
  assertEquals(await past({ before: 101, limit: 3 }), [95, 97, 99]);
  assertEquals(await past({ types: ["user"], offset: 1, limit: 2 }), [7, 13]);
  assertEquals(await near.hosts.pastEvents("far", "nobody", {}), undefined);
});

natsTest("a hub that was restored publishes its whole past again", async ({ server, far, near }) => {
  far.sessions.create("s1");
  await using connection = await connectNats({ servers: `127.0.0.1:${server.port}` });
  const { streams } = await jetstreamManager(connection);
  const published = async () => (await streams.info("claustrum")).state.messages;
  for (let i = 0; i < 3; i++) far.sessions.add("s1", {});
  await waitFor("the events", async () => await published() === 3);
  await far.restart(() => far.store.outbox.startAnew());
  await waitFor("the events once more", async () => await published() === 6);
  await isUp(near, "far");
  await waitFor("the past", async () => {
    const events = await near.hosts.pastEvents("far", "name-s1", {});
    return events?.map(({ id }) => id).join() === "1,2,3";
  });
});

natsTest("two hubs of one name are told from each other, and shown as a mistake", async ({ server, far, near }) => {
  far.sessions.create("s1");
  await using all = follow(near, "far");
  await all.isFollowing();
  const other = await natsHub("far", { url: server.url });
  other.sessions.create("other");
  await waitFor("the mistake", () => near.hosts.get("far").state === "refused");
  assertEquals(near.hosts.get("far").reason, DOUBLED);
  await waitFor("the log of both", () => far.log().includes(DOUBLED) || other.log().includes(DOUBLED));
  assertStringIncludes(far.nats.problem ?? other.nats.problem ?? "", DOUBLED);
  other.sessions.add("other", { of: "other" });
  far.sessions.add("s1", { of: "far" });
  await other[Symbol.asyncDispose]();
  await isUp(near, "far");
  far.sessions.add("s1", { of: "far" });
  await waitFor("the events of the first", () => all.ids().length === 2);
  const payloads = all.messages.flatMap((message) => message.type === "event" ? [message.event.payload] : []);
  assertEquals(payloads, [{ of: "far" }, { of: "far" }]);
  assertEquals(near.hosts.sessions.map(({ id }) => id), ["s1"]);
});

natsTest("add() shows a host of NATS under another name, and remove() lets it come back", async ({ near }) => {
  near.hosts.add({ name: "box", address: "nats://far" });
  assertEquals(near.hosts.names, ["box"]);
  await isUp(near, "box");
  await near.restart();
  await isUp(near, "box");
  assertEquals(near.hosts.names, ["box"]);
  await near.hosts.remove("box");
  assertEquals(near.hosts.names, ["far"]);
  await isUp(near, "far");
});

natsTest("a host whose line is closed while it is asked does not count as away", async ({ near }) => {
  await using line = near.nats.line("far", () => {});
  await using connection = await line.dial();
  const answer = connection.call("sessions.list", {});
  connection.close();
  await assertRejects(() => answer, HubUnreachableError, "was closed");
  assertEquals([line.state.status, near.hosts.get("far").state], ["up", "up"]);
});

natsTest("a host of NATS that was forgotten while it was away is shown when it comes back", async ({ far, near }) => {
  await isUp(near, "far");
  await far.close();
  await waitFor("the host to be away", () => near.hosts.get("far").state === "offline");
  await near.hosts.remove("far");
  assertEquals(near.hosts.names, []);
  await far.restart();
  await isUp(near, "far");
});

natsTest("remove() refuses a host that is shown because it is in NATS, while it is there", async ({ far, near }) => {
  await assertRejects(() => near.hosts.remove("far"), RequestError, "connected to NATS");
  await far[Symbol.asyncDispose]();
  await waitFor("the host to be away", () => near.hosts.get("far").state === "offline");
  assertEquals(near.hosts.get("far").reason, "its hub was stopped");
  await near.restart();
  await waitFor("the host that is away", () => near.hosts.names.includes("far"));
  assertEquals(near.hosts.get("far").state, "offline");
  await near.hosts.remove("far");
  assertEquals(near.hosts.names, []);
});

Deno.test({
  ...needing("a hub goes on while no NATS can be reached, and says so once", hasNats(), "nats-server"),
  async fn() {
    await using server = await startNatsServer();
    await server.kill();
    await using hub = await natsHub("far", { url: server.url });
    hub.sessions.create("s1");
    hub.sessions.add("s1", {});
    await waitFor("the warning", () => hub.log().includes("cannot connect to the NATS server"));
    await server.start();
    await waitFor("the connection", () => hub.log().includes("connected to"));
    assertEquals(hub.log().split("cannot connect").length, 2);
  },
});
