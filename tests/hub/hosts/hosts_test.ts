import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect } from "../../../lib/client/mod.ts";
import { Hosts, type HostsOptions } from "../../../lib/hub/hosts/hosts.ts";
import { Store } from "../../../lib/store/store.ts";
import { systemClock } from "../../../lib/system/clock.ts";
import { createLogger } from "../../../lib/system/log.ts";
import { RequestError } from "../../../lib/system/request_error.ts";
import { startDaemon } from "../../helpers/daemon.ts";
import { farHost } from "../../helpers/far_host.ts";
import { needing } from "../../helpers/program.ts";
import { hasSsh } from "../../helpers/ssh_server.ts";
import { tempDir } from "../../helpers/temp.ts";
import { waitFor } from "../../helpers/wait.ts";

const LOG = createLogger({ level: "error", write: (line) => console.error(line) });

/** What opens the hosts of a hub, as often as a test likes; all of them are reached with the same options. */
async function hostsWorld(options: readonly string[] = []) {
  await using stack = new AsyncDisposableStack();
  const daemon = stack.use(await startDaemon());
  const client = stack.use(await connect({ socket: daemon.socket }));
  const store = stack.use(Store.open(":memory:"));
  const all = stack.move();
  return {
    open: (more: Partial<HostsOptions> = {}) =>
      new Hosts({
        ownName: "here",
        store,
        client: () => Promise.resolve(client),
        directory: daemon.directory,
        sshOptions: options,
        clock: systemClock,
        log: LOG,
        ...more,
      }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

Deno.test({
  ...needing("a session is started on a host, shown here, and remembered while the host is away", hasSsh(), "ssh"),
  async fn() {
    await using far = await farHost();
    await using world = await hostsWorld(far.options);
    await using hosts = world.open();
    const address = `ssh://127.0.0.1:${far.port}`;
    assertEquals(hosts.add({ name: "box", address }).state, "connecting");
    await waitFor("the host to be up", () => hosts.get("box").state === "up");
    const { name, host } = await hosts.mirror("box").call("session.start", { path: far.home, trust: true });
    assertEquals(host === "box", false);
    const session = await waitFor("the session", () => hosts.sessions.find((each) => each.name === name));
    assertEquals([session.host, hosts.hostOf({ session_name: session.id })], ["box", "box"]);
    assertEquals(hosts.hostOf({ session_name: "nobody" }), undefined);
    const { last_contact: _, version: _version, ...shown } = hosts.get("box");
    assertEquals(shown, { name: "box", line: "ssh", address, state: "up", via: "forward", sessions: 1, waiting: 0 });

    await hosts[Symbol.asyncDispose]();
    await far.stopServer();
    await using later = world.open();
    await waitFor("the failure", () => later.get("box").state === "offline");
    assertEquals(later.sessions.map((each) => each.name), [name]);
    assertEquals([later.permissions, later.get("box").problem], [[], "connection_refused"]);
    await later.remove("box");
    assertEquals([later.list(), later.sessions], [[], []]);
  },
});

Deno.test("add() refuses names and addresses that cannot be, and retry() and get() unknown hosts", async () => {
  await using world = await hostsWorld();
  await using hosts = world.open();
  hosts.add({ name: "box", address: "ssh://127.0.0.1:1" });
  for (
    const [name, address] of [["box", "ssh://b"], ["here", "ssh://b"], ["a b", "ssh://b"], ["c", "ssh://-oX"], [
      "c",
      "b",
    ]]
  ) {
    assertThrows(() => hosts.add({ name: name!, address: address! }), RequestError);
  }
  for (const work of [() => hosts.get("nobody"), () => hosts.retry("nobody")]) {
    assertThrows(work, RequestError, 'there is no host "nobody": known are box');
  }
  await assertRejects(() => hosts.remove("nobody"), RequestError);
});

Deno.test("who listens is told when a host is added and removed, and ssh's configuration is read from the home directory", async () => {
  await using world = await hostsWorld();
  await using home = await tempDir();
  await Deno.mkdir(`${home.path}/.ssh`);
  await Deno.writeTextFile(`${home.path}/.ssh/config`, "Host lab *.example.org\n");
  const told: string[] = [];
  await using hosts = world.open({
    home: home.path,
    onChange: ({ name }) => void told.push(`changed ${name}`),
    onRemoved: (name) => void told.push(`removed ${name}`),
  });
  hosts.add({ name: "box", address: "ssh://127.0.0.1:1" });
  assertEquals(told[0], "changed box");
  await hosts.remove("box");
  assertEquals(told.at(-1), "removed box");
  assertEquals(await hosts.suggestions(), ["lab"]);
});
