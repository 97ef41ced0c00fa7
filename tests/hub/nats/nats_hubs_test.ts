import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { headers } from "@nats-io/nats-core";
import { jetstreamManager } from "@nats-io/jetstream";
import type { FollowMessage } from "../../../lib/hub/hub_client.ts";
import { HubCallError } from "../../../lib/hub/hub_errors.ts";
import type { HostFollowOptions } from "../../../lib/hub/hosts/host_mirror.ts";
import { eventSubject, liveSubject } from "../../../lib/hub/nats/subjects.ts";
import { connectNats } from "../../../lib/hub/nats/nats_transport.ts";
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
  for (const id of ["far.2", "far.3"]) {
    const fields = headers();
    fields.set("Nats-Msg-Id", id);
    connection.publish("claustrum.somebody.event.else", "{}", { headers: fields });
  }
  await connection.flush();
  for (let i = 0; i < 4; i++) far.sessions.add("s1", {});
  await waitFor("all events", () => all.ids().length === 5 && one.ids().length === 5);
  assertEquals([all.ids(), one.ids()], [upTo(5), upTo(5)]);
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

natsTest("add() shows a host of NATS under another name, and remove() lets it come back", async ({ near }) => {
  near.hosts.add({ name: "box", address: "nats://far" });
  assertEquals(near.hosts.names, ["box"]);
  await isUp(near, "box");
  await near.restart();
  await isUp(near, "box");
  assertEquals(near.hosts.names, ["box"]);
  await near.hosts.remove("box");
  assertEquals(near.hosts.names, []);
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
