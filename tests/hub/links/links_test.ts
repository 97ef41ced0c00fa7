import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { HubCallError, HubUnreachableError } from "../../../lib/hub/hub_errors.ts";
import type { HostMirror } from "../../../lib/hub/hosts/host_mirror.ts";
import { Links } from "../../../lib/hub/links/links.ts";
import { hubWeb, type TestHubWeb } from "../../helpers/hub_web.ts";
import { linkedHubs } from "../../helpers/linked_hubs.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import { RawWebSocket } from "../../helpers/raw_web_socket.ts";
import { soon, waitFor } from "../../helpers/wait.ts";

/** Collects the ids of the events of a host, from the first one on. */
function collect(hub: TestHubWeb, signal: AbortSignal): { readonly ids: number[]; readonly ended: Promise<void> } {
  const ids: number[] = [];
  const run = async () => {
    for await (const message of hub.hosts.follow("box", { after: 0, signal })) {
      if (message.type === "event") ids.push(message.event.id);
    }
  };
  return { ids, ended: run() };
}

const numbersTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

Deno.test("a host that dials shows its sessions, and does what it is asked for in the name of the hub", async () => {
  await using hubs = await linkedHubs();
  const { near, far } = hubs;
  assertEquals(near.hosts.sessions.map(({ id, host }) => [id, host]), [["s", "box"]]);
  const mirror: HostMirror = near.hosts.mirror("box");
  await mirror.call("prompt.send", { session_name: "s", prompt: "hello" });
  const [entry] = far.store.audit.list({ limit: 1 });
  assertEquals([entry?.who, entry?.way, entry?.what], ["here", "hub", "prompt.send"]);
  const { version: _, last_contact: _contact, ...shown } = near.hosts.get("box");
  assertEquals(shown, { name: "box", line: "link", state: "up", sessions: 1, waiting: 0, has_key: true });
});

Deno.test("a hub does over a link what it may over any line, and nothing that each hub decides for itself", async () => {
  await using hubs = await linkedHubs();
  const mirror = hubs.near.hosts.mirror("box");
  for (const name of ["tokens.list", "audit.list", "config.get", "hosts.list", "sign_ins.list"] as const) {
    const error = await assertRejects(() => mirror.call(name, {}), HubCallError);
    assertEquals([name, error.code], [name, -32010]);
  }
  const error = await assertRejects(() => mirror.call("tokens.create", { name: "x", read_only: false }), HubCallError);
  assertEquals(error.code, -32010);
  assertEquals(hubs.far.access.listTokens(), []);
});

Deno.test("a hub reaches no third one over a link", async () => {
  await using hubs = await linkedHubs();
  await using third = await hubWeb();
  const { far, near } = hubs;
  const key = far.hosts.createKey("third");
  const keyFile = `${third.home}/key`;
  await Deno.writeTextFile(keyFile, key);
  third.sessions.create("of-third");
  const { feed, operations } = third;
  const links = [{ url: `ws://127.0.0.1:${far.port}/ws/daemon`, keyFile, caFile: undefined }];
  await using _links = new Links({ links, feed, operations, clock: operations.clock, log: operations.log });
  await waitFor("the third", () => far.hosts.sessions.some(({ id }) => id === "of-third"));
  const mirror = near.hosts.mirror("box");
  assertEquals((await mirror.call("sessions.list", {})).map(({ id }) => id), ["s"]);
  const refused = await assertRejects(() => mirror.call("sessions.list", { host: "third" }), HubCallError);
  assertEquals(refused.code, -32010);
  const unknown = await assertRejects(() => mirror.call("session.get", { session_name: "of-third" }), HubCallError);
  assertEquals(unknown.code, -32004);
});

Deno.test("a host that is away stays visible, and says why", async () => {
  await using hubs = await linkedHubs();
  const { near, far } = hubs;
  await far.stop();
  const others = new MemorySessions();
  others.create("t");
  await using away = await hubWeb({ sessions: others });
  near.hosts.createKey("other");
  assertStringIncludes(near.hosts.get("other").reason ?? "", "it has not connected yet");
  await assertRejects(() => near.hosts.mirror("other").call("sessions.list", {}), HubUnreachableError);
  const second = await hubs.dial(away, near.hosts.createKey("third"));
  await waitFor("the third to be up", () => near.hosts.get("third").state === "up");
  await second[Symbol.asyncDispose]();
  await waitFor("the end", () => near.hosts.get("third").state === "offline");
  const { problem, sessions } = near.hosts.get("third");
  assertEquals([problem, sessions], ["lost", 1]);
});

Deno.test("a key that is revoked ends its connection, and a new one brings the host back", async () => {
  await using hubs = await linkedHubs();
  const { near, far } = hubs;
  near.hosts.revokeKey("box");
  assertEquals([near.hosts.get("box").state, near.hosts.sessions.length], ["offline", 1]);
  assertStringIncludes(near.hosts.get("box").reason ?? "", "it has no key");
  await waitFor(
    "the host to be told",
    () => far.log().includes("refused: the connection was lost: the key was revoked"),
  );
  await using _links = await hubs.dial(far, near.hosts.createKey("box"));
  await hubs.whenUp();
});

Deno.test("of two hubs with one key the newer wins, and both are told", async () => {
  await using hubs = await linkedHubs();
  await using other = await hubWeb();
  other.sessions.create("of-other");
  await using links = await hubs.dial(other);
  await waitFor("the other one", () => hubs.near.hosts.sessions.some(({ id }) => id === "of-other"));
  await waitFor(
    "the older one to be told",
    () => hubs.far.log().includes("another hub has connected with the key of box"),
  );
  await waitFor(
    "the newer one to be told",
    () => other.log().includes("another hub was connected with the key of box"),
  );
  assertEquals(links.statuses.map(({ status }) => status), ["up"]);
});

Deno.test("a key that is revoked while a second link with it waits for its turn lets that one in no more", async () => {
  await using near = await hubWeb();
  await using thief = await hubWeb();
  const key = near.hosts.createKey("box");
  using silent = await RawWebSocket.open(`${near.url}/ws/daemon`, { headers: { "x-api-key": key } });
  await waitFor("the connection", () => near.hosts.get("box").state === "connecting");
  const keyFile = `${thief.home}/key`;
  await Deno.writeTextFile(keyFile, key);
  const links = [{ url: `ws://127.0.0.1:${near.port}/ws/daemon`, keyFile, caFile: undefined }];
  const { feed, operations } = thief;
  await using _links = new Links({ links, feed, operations, clock: operations.clock, log: operations.log });
  // The first one is asked whether it is there, and does not answer.
  await waitFor("the second link", () => thief.log().includes(": up"));
  near.hosts.revokeKey("box");
  // A key that is made in the same moment is none of the second link's.
  near.hosts.createKey("box");
  await waitFor("the end", () => thief.log().includes("refused: the connection was lost: the key was revoked"));
  assertEquals([near.hosts.get("box").state, near.hosts.sessions], ["offline", []]);
  silent[Symbol.dispose]();
});

Deno.test("a host that is connected is forgotten with its key", async () => {
  await using hubs = await linkedHubs();
  await hubs.near.hosts.remove("box");
  await waitFor("the host to be refused", () => hubs.far.log().includes("the hub does not know the key"));
  assertEquals(hubs.near.hosts.list(), []);
});

Deno.test("a link over TLS trusts the certificates of ca_file", async () => {
  await using hubs = await linkedHubs({ isTls: true });
  assertEquals(hubs.near.hosts.get("box").state, "up");
  await soon("an answer", hubs.near.hosts.mirror("box").call("sessions.list", {}));
});

Deno.test("a link over TLS is refused without the certificate", async () => {
  await using hubs = await linkedHubs({ isTls: true });
  const { far, proxy } = hubs;
  const keyFile = `${far.home}/again.key`;
  await Deno.writeTextFile(keyFile, hubs.key);
  const { feed, operations } = far;
  const links = [{ url: `wss://127.0.0.1:${proxy.port}/ws/daemon`, keyFile, caFile: undefined }];
  await using wrong = new Links({ links, feed, operations, clock: operations.clock, log: operations.log });
  const { reason } = await waitFor("the refusal", () => wrong.statuses.find(({ status }) => status === "refused"));
  assertStringIncludes(reason ?? "", "certificate");
});

Deno.test("who does not read what comes over a link holds up no other, and gets each event once later", async () => {
  await using hubs = await linkedHubs();
  const { near, far } = hubs;
  const stop = new AbortController();
  const { ids, ended } = collect(near, stop.signal);
  const late = near.hosts.follow("box", { after: 0, signal: stop.signal })[Symbol.asyncIterator]();
  assertEquals((await late.next()).value?.type, "snapshot");
  const text = "x".repeat(100_000);
  for (let i = 0; i < 40; i++) {
    for (let each = 0; each < 10; each++) far.sessions.add("s", { text });
    await waitFor("the other follower", () => ids.length === far.sessions.lastEvent);
  }
  const lateIds: number[] = [];
  while (lateIds.length < 400) {
    const { value } = await soon("an event", late.next());
    if (value?.type === "event") lateIds.push(value.event.id);
  }
  assertEquals([ids, lateIds], [numbersTo(400), numbersTo(400)]);
  stop.abort();
  await ended;
  await late.return?.();
});

Deno.test("a connection that has died without a word gives way to a newer one", async () => {
  await using near = await hubWeb();
  await using far = await hubWeb();
  const key = near.hosts.createKey("box");
  using silent = await RawWebSocket.open(`${near.url}/ws/daemon`, { headers: { "x-api-key": key } });
  await waitFor("the connection", () => near.hosts.get("box").state === "connecting");
  const keyFile = `${far.home}/key`;
  await Deno.writeTextFile(keyFile, key);
  const links = [{ url: `ws://127.0.0.1:${near.port}/ws/daemon`, keyFile, caFile: undefined }];
  const { feed, operations } = far;
  await using _links = new Links({ links, feed, operations, clock: operations.clock, log: operations.log });
  await waitFor("the host", () => near.hosts.get("box").state === "up");
  await waitFor("the notice", () => far.log().includes("the former connection did not answer any more"));
  silent[Symbol.dispose]();
});

for (
  const [what, content, caFile, reason] of [
    ["no key", " \n", undefined, "contains no key"],
    ["two lines", "one\ntwo\n", undefined, "contains no key"],
    ["no certificate", "key", "nothing", "contains no certificate"],
    ["a damaged certificate", "key", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate"],
  ] as const
) {
  Deno.test(`a link whose files have ${what} waits for a person`, async () => {
    await using far = await hubWeb();
    const keyFile = `${far.home}/key`;
    await Deno.writeTextFile(keyFile, content);
    if (caFile !== undefined) await Deno.writeTextFile(`${far.home}/ca`, caFile);
    const { feed, operations } = far;
    const links = [{
      url: "wss://127.0.0.1:9/ws/daemon",
      keyFile,
      caFile: caFile === undefined ? undefined : `${far.home}/ca`,
    }];
    await using all = new Links({ links, feed, operations, clock: operations.clock, log: operations.log });
    const refused = await waitFor("the refusal", () => all.statuses.find(({ status }) => status === "refused"));
    assertStringIncludes(refused.reason ?? "", reason);
    assertEquals(far.log().includes("[bug]"), false);
  });
}

Deno.test("a link to where no hub answers is offline, and is tried again", async () => {
  await using far = await hubWeb();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let attempts = 0;
  const accepting = (async () => {
    for await (const connection of listener) {
      attempts++;
      connection.close();
    }
  })();
  const keyFile = `${far.home}/key`;
  await Deno.writeTextFile(keyFile, "key");
  const { feed, operations } = far;
  const links = [{ url: `ws://127.0.0.1:${listener.addr.port}/ws/daemon`, keyFile, caFile: undefined }];
  await using all = new Links({ links, feed, operations, clock: operations.clock, log: operations.log });
  const { since } = await waitFor("the failure", () => all.statuses.find(({ status }) => status === "offline"));
  await waitFor("another attempt", () => attempts > 2);
  assertEquals(all.statuses.map((each) => [each.status, each.since]), [["offline", since]]);
  await all[Symbol.asyncDispose]();
  listener.close();
  await accepting;
});
