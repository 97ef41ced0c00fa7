import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { AckPolicy, DeliverPolicy, jetstream, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { type Msg, type NatsConnection, nkeyAuthenticator } from "@nats-io/nats-core";
import { HubUnreachableError } from "../../../lib/hub/hub_errors.ts";
import { connectNats } from "../../../lib/hub/nats/nats_transport.ts";
import { RpcClient } from "../../../lib/hub/nats/rpc_client.ts";
import { inboxPrefix } from "../../../lib/hub/nats/subjects.ts";
import { systemClock } from "../../../lib/system/clock.ts";
import { RequestError } from "../../../lib/system/request_error.ts";
import { natsHub } from "../../helpers/nats_hub.ts";
import { hasNats, type NatsServer, startNatsServer } from "../../helpers/nats_server.ts";
import { needing } from "../../helpers/program.ts";
import { tempDir } from "../../helpers/temp.ts";
import { waitFor } from "../../helpers/wait.ts";

Deno.test({
  ...needing("with the printed configuration each hub may do its own part alone", hasNats(), "nats-server"),
  async fn() {
    await using dir = await tempDir();
    const names = ["far", "other.*>", "desk"];
    const keyOf = (name: string) => `${dir.path}/${names.indexOf(name)}.nk`;
    const configuration = await printedConfiguration(names, keyOf);
    await using server = await startNatsServer({ lines: configuration });
    const table = (name: string) => ({ url: server.url, nkey_file: keyOf(name) });
    // Only hubs that show others make the stream.
    await using desk = await natsHub("desk", table("desk"));
    await using far = await natsHub("far", table("far"));
    await using other = await natsHub("other.*>", table("other.*>"));
    far.sessions.create("s1");
    await waitFor("both hosts", () => desk.hosts.list().filter(({ state }) => state === "up").length === 2);
    assertEquals(desk.hosts.names.toSorted(), ["far", "other.--"]);
    await waitFor("the session", () => desk.hosts.sessions.length === 1);
    await desk.hosts.mirror("far").call("prompt.send", { session_name: "s1", prompt: "hello" });
    assertEquals(far.sessions.stored.length, 1);
    // Who may not read is told so, and shows nothing.
    await waitFor("the refusal", () => other.log().includes("so that it shows none of them"));
    assertEquals([other.hosts.names, far.hosts.names], [[], []]);

    // With the key of one host, nobody can speak for another one, or ask it.
    await using forger = await connectAs(server, "other.*>", keyOf("other.*>"));
    const refused: string[] = [];
    const watching = (async () => {
      for await (const status of forger.status()) if (status.type === "error") refused.push(String(status.error));
    })();
    const subjects = [
      "claustrum.far.event.s1",
      "claustrum.far.live.s1",
      "claustrum.far.state",
      "claustrum.far.rpc",
      "$KV.claustrum_hosts.far",
      "_INBOX_CLAUSTRUM.desk.other.1",
      "$JS.API.STREAM.CREATE.claustrum",
      "$JS.API.STREAM.DELETE.claustrum",
      "$JS.API.STREAM.PURGE.claustrum",
    ];
    for (const subject of subjects) forger.publish(subject, "{}");
    for (const subject of ["claustrum.far.rpc", "_INBOX_CLAUSTRUM.far.>", "claustrum.far.event.*"]) {
      forger.subscribe(subject, { callback: () => {} });
    }
    await waitFor("the refusals", () => refused.length === subjects.length + 3);
    assertEquals(refused.every((text) => /permission/i.test(text)), true);
    await forger.close();
    await watching;
    assertEquals(far.sessions.stored.length, 1);
  },
});

Deno.test({
  ...needing("a host can have the server spoil no answer of another host", hasNats(), "nats-server"),
  async fn() {
    await using dir = await tempDir();
    const keyOf = (name: string) => `${dir.path}/${name}.nk`;
    const configuration = await printedConfiguration(["far", "other", "desk"], keyOf);
    await using server = await startNatsServer({ lines: configuration });
    await using far = await connectAs(server, "far", keyOf("far"));
    await using other = await connectAs(server, "other", keyOf("other"));
    await using desk = await connectAs(server, "desk", keyOf("desk"));
    const asked = Promise.withResolvers<Msg>();
    far.subscribe("claustrum.far.rpc", { callback: (_error, message) => asked.resolve(message) });
    await far.flush();
    let count = 0;
    desk.subscribe("_INBOX_CLAUSTRUM.desk.rpc.*", { callback: () => void count++ });
    using client = new RpcClient(desk, "desk", systemClock);
    const answer = client.call("far", { method: "session.list", params: {}, who: "somebody", viewer: false });
    const request = await asked.promise;
    // The server sends its answer wherever it is told to, whatever the one who asks may publish.
    const guesses = Array.from({ length: 20 }, (_, index) => `_INBOX_CLAUSTRUM.desk.rpc.${index}`);
    for (const reply of guesses) other.publish("$JS.API.INFO", "", { reply });
    await waitFor("the answers of the server", () => count === guesses.length);
    request.respond('{"result":"of far"}');
    assertEquals(await answer, "of far");
    assertMatch(request.reply!, /^_INBOX_CLAUSTRUM\.desk\.rpc\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  },
});

Deno.test({
  ...needing("what the server answers under the subjects of another host changes nothing", hasNats(), "nats-server"),
  async fn() {
    await using dir = await tempDir();
    const keyOf = (name: string) => `${dir.path}/${name}.nk`;
    const configuration = await printedConfiguration(["far", "other", "desk"], keyOf);
    await using server = await startNatsServer({ lines: configuration });
    await using desk = await natsHub("desk", { url: server.url, nkey_file: keyOf("desk") });
    await using far = await natsHub("far", { url: server.url, nkey_file: keyOf("far") });
    far.sessions.create("s1");
    await waitFor("the session", () => desk.hosts.sessions.length === 1);
    await using other = await connectAs(server, "other", keyOf("other"));
    const manager = await jetstreamManager(other, { checkAPI: false });
    const count = async () => (await manager.streams.info("claustrum")).state.messages;
    const subjects = ["event.s1", "live.s1", "state", "rpc"].map((each) => `claustrum.far.${each}`);
    const requests = ["$JS.API.INFO", "$JS.API.STREAM.INFO.claustrum", "claustrum.other.event.s1"];
    for (const reply of subjects) for (const request of requests) other.publish(request, "{}", { reply });
    // Of those under the subject of events, the stream keeps all.
    await waitFor("the answers", async () => await count() === subjects.length + requests.length);
    const ids: number[] = [];
    const ending = new AbortController();
    const following = (async () => {
      for await (const message of desk.hosts.follow("far", { after: 0, signal: ending.signal })) {
        if (message.type === "event") ids.push(message.event.id);
      }
    })();
    for (let i = 0; i < 3; i++) far.sessions.add("s1", { i });
    await waitFor("the events", () => ids.length >= 3);
    ending.abort();
    await following;
    assertEquals(ids, [1, 2, 3]);
    assertEquals([desk.hosts.get("far").state, desk.hosts.sessions.length], ["up", 1]);
  },
});

Deno.test({
  ...needing(
    "a reader has neither the server nor a host publish in the name of another host",
    hasNats(),
    "nats-server",
  ),
  async fn() {
    await using dir = await tempDir();
    const keyOf = (name: string) => `${dir.path}/${name}.nk`;
    const configuration = await printedConfiguration(["far", "other", "spy", "desk"], keyOf, ["spy", "desk"]);
    await using server = await startNatsServer({ lines: configuration });
    // As a hub of version 0.2.0 makes it: the server answers direct gets.
    await using old = await connectAs(server, "desk", keyOf("desk"));
    await new Kvm(old).create("claustrum_hosts", { history: 1, allow_direct: true });
    await using desk = await natsHub("desk", { url: server.url, nkey_file: keyOf("desk") });
    await using far = await natsHub("far", { url: server.url, nkey_file: keyOf("far") });
    far.sessions.create("s1");
    await waitFor("the session", () => desk.hosts.sessions.length === 1);
    await using reader = await connectAs(server, "desk", keyOf("desk"));
    const seen: string[] = [];
    const look = (_error: unknown, message: Msg) => {
      if (message.string().includes("forged")) seen.push(message.subject);
    };
    for (const subject of ["claustrum.far.state", "claustrum.far.live.s1"]) {
      reader.subscribe(subject, { callback: look });
    }
    await reader.flush();

    await using spy = await connectAs(server, "spy", keyOf("spy"));
    await using other = await connectAs(server, "other", keyOf("other"));
    const at = "2026-01-01T00:00:00.000Z";
    const forged = JSON.stringify({ id: 1, session: "s1", seq: 1, at, type: "user", payload: "forged" });
    const targets = [
      "claustrum.far.event.s1",
      "claustrum.far.live.s1",
      "claustrum.far.state",
      "$KV.claustrum_hosts.far",
    ];
    // What it asks itself, or a host that helps it, is answered there.
    let answers = 0;
    for (const [connection, name] of [[spy, "spy"], [other, "other"]] as const) {
      const callback = (_error: unknown, message: Msg) => void (message.respond(forged) && answers++);
      connection.subscribe(`claustrum.${name}.rpc`, { callback });
      await connection.flush();
      for (const reply of targets) spy.publish(`claustrum.${name}.rpc`, "{}", { reply });
    }
    await waitFor("the answers", () => answers === 2 * targets.length);
    await other.flush();
    // What it has said itself is delivered there.
    const manager = await jetstreamManager(spy, { checkAPI: false });
    const own = { claustrum: "claustrum.spy.event.s1", KV_claustrum_hosts: "$KV.claustrum_hosts.spy" };
    const pulled: [string, string][] = [];
    for (const [stream, filter_subject] of Object.entries(own)) {
      await jetstream(spy).publish(filter_subject, forged);
      const wanted = { filter_subject, ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.Last };
      for (const [index, target] of targets.entries()) {
        const name = `${stream}_${index}`;
        await manager.consumers.add(stream, { ...wanted, name });
        spy.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`, '{"batch":1}', { reply: target });
        pulled.push([stream, name]);
        await manager.consumers.add(stream, { ...wanted, name: `${name}_pushed`, deliver_subject: target }).catch((
          error,
        ) => assertMatch(String(error), /forms a cycle/));
        spy.publish(`$JS.API.DIRECT.GET.${stream}.${filter_subject}`, "", { reply: target });
      }
    }
    for (const [stream, name] of pulled) {
      const isDelivered = async () => (await manager.consumers.info(stream, name)).delivered.consumer_seq === 1;
      await waitFor(`the message of ${name}`, isDelivered);
    }
    // The server delivers nothing under another subject than its own.
    await waitFor("what was delivered", () => seen.length >= 8);
    assertEquals(seen.filter((subject) => !Object.values(own).includes(subject)), []);
    const { streams } = await jetstreamManager(reader, { checkAPI: false });
    const eventsOfFar = async () =>
      (await streams.info("claustrum", { subjects_filter: "claustrum.far.event.*" })).state.subjects ?? {};
    assertEquals(await eventsOfFar(), {});
    const kept = await streams.getMessage("KV_claustrum_hosts", { last_by_subj: "$KV.claustrum_hosts.far" });
    assertEquals(kept?.json<{ readonly name: string }>().name, "far");
    far.sessions.add("s1");
    await waitFor("the event", async () => (await eventsOfFar())["claustrum.far.event.s1"] === 1);
    assertEquals([desk.hosts.get("far").state, desk.hosts.sessions.length], ["up", 1]);
  },
});

Deno.test({
  ...needing("a reader in another account of the server sees nothing and asks nobody", hasNats(), "nats-server"),
  async fn() {
    await using dir = await tempDir();
    const keyOf = (name: string) => `${dir.path}/${name}.nk`;
    const ours = await printedConfiguration(["far", "desk"], keyOf);
    const theirs = await printedConfiguration(["spy"], keyOf);
    const account = (name: string, configuration: string) =>
      configuration.replace("authorization {", `${name} {\n  jetstream: enabled`);
    const lines = ["accounts {", account("ours", ours), account("theirs", theirs), "}"];
    await using server = await startNatsServer({ lines: lines.join("\n") });
    await using desk = await natsHub("desk", { url: server.url, nkey_file: keyOf("desk") });
    await using far = await natsHub("far", { url: server.url, nkey_file: keyOf("far") });
    await using spy = await natsHub("spy", { url: server.url, nkey_file: keyOf("spy") });
    await waitFor("the connection", () => spy.log().includes("connected"));
    await using connection = await connectAs(server, "spy", keyOf("spy"));
    const manager = await jetstreamManager(connection, { checkAPI: false });
    const messages = async ({ streams }: JetStreamManager) => (await streams.info("claustrum")).state.messages;
    far.sessions.create("s1");
    far.sessions.add("s1");
    await waitFor("the session", () => desk.hosts.sessions.length === 1);
    await using reader = await connectAs(server, "desk", keyOf("desk"));
    const own = await jetstreamManager(reader, { checkAPI: false });
    await waitFor("the event", async () => await messages(own) === 1);
    assertEquals([desk.hosts.names, spy.hosts.names, await messages(manager)], [["far"], [], 0]);
    using client = new RpcClient(connection, "spy", systemClock);
    const request = { method: "session.list", params: {}, who: "spy", viewer: false };
    await assertRejects(() => client.call("far", request), HubUnreachableError, "is not connected to NATS");
  },
});

Deno.test({
  ...needing("without the key of a hub nobody gets in", hasNats(), "nats-server"),
  async fn() {
    await using dir = await tempDir();
    const configuration = await printedConfiguration(["far"], () => `${dir.path}/far.nk`);
    await using server = await startNatsServer({ lines: configuration });
    await using stranger = await natsHub("far", { url: server.url, nkey_file: `${dir.path}/new.nk` });
    await waitFor("the refusal", () => /cannot connect.*authoriz/i.test(stranger.log()));
    // With that, an operator can let it in.
    assertMatch(stranger.log(), /public nkey, U[A-Z2-7]{55}\b/);
    assertEquals((await Deno.stat(`${dir.path}/new.nk`)).mode! & 0o777, 0o600);
  },
});

Deno.test({
  ...needing("permissions() names hubs without a key, and refuses unknown readers", hasNats(), "nats-server"),
  async fn() {
    await using server = await startNatsServer();
    await using hub = await natsHub("a\n}b", { url: server.url });
    const { configuration, without_key } = await hub.nats.permissions([]);
    assertEquals(without_key, ["a\n}b"]);
    assertStringIncludes(configuration, '# "a\\n}b" has no nkey');
    await assertRejects(() => hub.nats.permissions(["nobody"]), RequestError, 'no hub "nobody"');
    await using connection = await connectNats({ servers: `127.0.0.1:${server.port}` });
    await waitFor("the stream", async () => {
      const names = [];
      for await (const name of (await jetstreamManager(connection)).streams.names()) names.push(name);
      return names.length === 2;
    });
  },
});

/** Connects with the key of a hub. */
async function connectAs(server: NatsServer, name: string, keyFile: string): Promise<NatsConnection> {
  const seed = new TextEncoder().encode((await Deno.readTextFile(keyFile)).trim());
  return await connectNats({
    servers: `127.0.0.1:${server.port}`,
    authenticator: nkeyAuthenticator(seed),
    inboxPrefix: inboxPrefix(name),
  });
}

/** Lets hubs with keys meet on a server that asks for none, and returns what is printed then; the last one prints. */
async function printedConfiguration(
  names: readonly string[],
  keyOf: (name: string) => string,
  readers: readonly string[] = names.slice(-1),
): Promise<string> {
  await using open = await startNatsServer();
  await using stack = new AsyncDisposableStack();
  const hubs = [];
  for (const name of names) hubs.push(stack.use(await natsHub(name, { url: open.url, nkey_file: keyOf(name) })));
  const last = hubs.at(-1)!;
  return await waitFor("all keys", async () => {
    if (readers.some((name) => name !== names.at(-1) && !last.nats.hosts.includes(name))) return undefined;
    const { configuration } = await last.nats.permissions(readers);
    return configuration.split("nkey: U").length === names.length + 1 ? configuration : undefined;
  });
}
