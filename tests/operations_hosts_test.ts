import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { CLI } from "./helpers/daemon.ts";
import { type FarHost, farHost } from "./helpers/far_host.ts";
import { hasNats, startNatsServer } from "./helpers/nats_server.ts";
import { needing } from "./helpers/program.ts";
import { versionsOf, writeRelease } from "./helpers/release.ts";
import { type SessionHome, sessionHome } from "./helpers/session_home.ts";
import { hasSsh } from "./helpers/ssh_server.ts";
import { soon, waitFor } from "./helpers/wait.ts";

const ROOT = new URL("../", import.meta.url);
const RELEASE = "dist/portable/claustrum-linux-amd64";

/** The commands of the code block of OPERATIONS.md that contains a text, without their comments. */
async function commandsWith(text: string): Promise<string[]> {
  const document = await Deno.readTextFile(new URL(".github/OPERATIONS.md", ROOT));
  const blocks = [...document.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block!);
  const block = blocks.find((each) => each.includes(text));
  if (block === undefined) throw new Error(`OPERATIONS.md has no block with ${text}`);
  return block.trim().split("\n").map((line) => line.replace(/ +#.*$/, ""));
}

/** Runs a command as a person types it in a home directory. */
async function type(home: SessionHome, command: string): Promise<{ readonly code: number; readonly text: string }> {
  await Deno.mkdir(`${home.path}/bin`, { recursive: true });
  const launcher = `#!/bin/sh\nexec '${Deno.execPath()}' run -A --quiet '${CLI}' "$@"\n`;
  await Deno.writeTextFile(`${home.path}/bin/claustrum`, launcher, { mode: 0o755 });
  const { code, stdout, stderr } = await soon(
    command,
    new Deno.Command("sh", {
      args: ["-c", command],
      cwd: home.path,
      clearEnv: true,
      env: {
        HOME: home.path,
        PATH: `${home.path}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin`,
        SHELL: "/bin/true",
        DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
      },
      stdin: "null",
    }).output(),
    60_000,
  );
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Has `ssh box` reach a host, as the person's configuration would. */
async function aliasBox(home: SessionHome, far: FarHost): Promise<void> {
  await Deno.mkdir(`${home.path}/bin`, { recursive: true });
  const options = [...far.options, "-o", "HostName=127.0.0.1", "-p", String(far.port)];
  const text = `#!/bin/sh\nexec /usr/bin/ssh ${options.map((each) => `'${each}'`).join(" ")} "$@"\n`;
  await Deno.writeTextFile(`${home.path}/bin/ssh`, text, { mode: 0o755 });
}

Deno.test({
  ...needing("the hosts over ssh of OPERATIONS.md are added, installed, used, upgraded and removed", hasSsh(), "sshd"),
  async fn() {
    const [add = "", ...others] = await commandsWith("claustrum host add box");
    await using far = await farHost({ isInstalled: false, hasAgent: true });
    await using home = await sessionHome();
    await aliasBox(home, far);
    await writeRelease(`${home.path}/${RELEASE}`, "first");
    const added = await type(home, add);
    assertEquals([added.code, added.text.includes("claustrum host install box")], [1, true], added.text);
    const said: string[] = [];
    for (const command of others) {
      const { code, text } = await type(home, command.replace("/home/me/web", far.home));
      assertEquals(code, 0, `${command}: ${text}`);
      said.push(text);
      if (command.includes("host install")) await writeRelease(`${home.path}/${RELEASE}`, "second");
      if (command.includes("host upgrade")) assertEquals([...Deno.readDirSync(versionsOf(far.home))].length, 2);
    }
    assertEquals(said.length, 6);
    assertStringIncludes(said[2]!, "there");
  },
});

Deno.test("the link of OPERATIONS.md shows one machine on another", async () => {
  const [create = "", link = "", revoke = ""] = await commandsWith("claustrum hub link");
  await using near = await sessionHome('name = "near"\n');
  await using far = await sessionHome('name = "far"\nlisten = ""\n');
  const started = await near.run(["hub", "start", "--listen", "127.0.0.1:0", "--json"]);
  const { url } = JSON.parse(started.stdout);
  assertEquals((await type(near, create)).code, 0);
  await Deno.copyFile(`${near.path}/laptop.key`, `${far.path}/laptop.key`);
  await Deno.chmod(`${far.path}/laptop.key`, 0o600);
  const linked = await type(far, link.replace("wss://hub.example.org", url.replace("http", "ws")));
  assertEquals(linked.code, 0, linked.text);
  await waitFor("the host", async () => (await near.run(["host", "status", "laptop"])).code === 0);
  // The unit of a service has to be written again, and tells the new address.
  const unit = await type(far, "claustrum service systemd --hub");
  assertStringIncludes(unit.text, new URL(url).host);
  assertEquals((await type(near, revoke)).code, 0);
  assertEquals((await near.run(["host", "status", "laptop"])).code, 1);
});

Deno.test({
  ...needing("the server takes the permissions that OPERATIONS.md has printed for it", hasNats(), "nats-server"),
  async fn() {
    const [print = "", check = "", ...more] = await commandsWith("host nats-permissions");
    assertEquals(more, []);
    await using server = await startNatsServer();
    await using home = await sessionHome('name = "desk"\n');
    const table = `[nats]\nurl = "${server.url}"\nnkey_file = "${home.path}/hub.nk"\n`;
    await Deno.writeTextFile(`${home.path}/.config/claustrum/hub.toml`, table, { append: true });
    await home.run(["hub", "start"]);
    await waitFor("the keys", async () => (await type(home, print)).code === 0);
    assertMatch(await Deno.readTextFile(`${home.path}/users.conf`), /nkey: U[A-Z2-7]{55}\n/);
    const { code, text } = await type(home, check);
    assertEquals(code, 0, text);
  },
});

Deno.test("OPERATIONS.md says what to do about each problem of a host", async () => {
  const document = await Deno.readTextFile(new URL(".github/OPERATIONS.md", ROOT));
  const types = await Deno.readTextFile(new URL("lib/hosts/types.ts", ROOT));
  const [, union = ""] = /export type LineProblem =([^;]+);/.exec(types) ?? [];
  const problems = [...union.matchAll(/"(\w+)"/g)].map(([, name]) => name!);
  assert(problems.length >= 11);
  const rows = [...document.matchAll(/^\| `(\w+)` +\| (?:refused|offline) /gm)].map(([, name]) => name!);
  assertEquals(rows.toSorted(), problems.toSorted());
});
