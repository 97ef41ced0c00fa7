import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { jetstreamManager } from "@nats-io/jetstream";
import { nkeyAuthenticator } from "@nats-io/nats-core";
import { connectNats } from "../../../lib/hub/nats/nats_transport.ts";
import { RequestError } from "../../../lib/system/request_error.ts";
import { natsHub } from "../../helpers/nats_hub.ts";
import { hasNats, startNatsServer } from "../../helpers/nats_server.ts";
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
    await using far = await natsHub("far", table("far"));
    await using other = await natsHub("other.*>", table("other.*>"));
    await using desk = await natsHub("desk", table("desk"));
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
    const seed = new TextEncoder().encode((await Deno.readTextFile(keyOf("other.*>"))).trim());
    await using forger = await connectNats({
      servers: `127.0.0.1:${server.port}`,
      authenticator: nkeyAuthenticator(seed),
      inboxPrefix: "_INBOX_CLAUSTRUM.other=2e=2a=3e",
    });
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
      "_INBOX_CLAUSTRUM.desk.rpc.1",
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
  ...needing("without the key of a hub nobody gets in", hasNats(), "nats-server"),
  async fn() {
    await using dir = await tempDir();
    const configuration = await printedConfiguration(["far"], () => `${dir.path}/far.nk`);
    await using server = await startNatsServer({ lines: configuration });
    await using stranger = await natsHub("far", { url: server.url, nkey_file: `${dir.path}/new.nk` });
    await waitFor("the refusal", () => /cannot connect.*authoriz/i.test(stranger.log()));
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

/** Lets hubs with keys meet on a server that asks for none, and returns what is printed then; the last one reads. */
async function printedConfiguration(names: readonly string[], keyOf: (name: string) => string): Promise<string> {
  await using open = await startNatsServer();
  await using stack = new AsyncDisposableStack();
  const hubs = [];
  for (const name of names) hubs.push(stack.use(await natsHub(name, { url: open.url, nkey_file: keyOf(name) })));
  const last = hubs.at(-1)!;
  return await waitFor("all keys", async () => {
    const { configuration } = await last.nats.permissions([names.at(-1)!]);
    return configuration.split("nkey: U").length === names.length + 1 ? configuration : undefined;
  });
}
