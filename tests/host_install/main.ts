/**
 * Shows the installation of a bare host with the real release, with commands alone: two far homes, of which one has
 * nothing; the release is cut at every tenth of its bytes first. `deno task host-install`
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { pack } from "../../.ci/pack.ts";
import { targetsOf } from "../../.ci/targets.ts";
import { shellQuote } from "../../lib/system/quote.ts";
import { type FarHost, farHost } from "../helpers/far_host.ts";
import { installed } from "../helpers/release.ts";
import { sessionHome } from "../helpers/session_home.ts";
import { tempDir } from "../helpers/temp.ts";
import { waitFor } from "../helpers/wait.ts";

/** The bytes of a release after compression, roughly; cuts beyond the end cut nothing. */
const ARCHIVE_BYTES = 40 << 20;

await using stack = new AsyncDisposableStack();
const { path: built } = stack.use(await tempDir());
const [target] = targetsOf({});
await pack(target!, built);
const release = `${built}/claustrum-${target!.name}`;
const one = stack.use(await farHost({ hasAgent: true }));
const two = stack.use(await farHost({ isInstalled: false, hasAgent: true }));
const home = stack.use(await sessionHome());
await Deno.mkdir(`${home.path}/bin`, { recursive: true });

/** Has `ssh` find both hosts, and cut what it sends where a file says so. */
async function writeSsh(): Promise<void> {
  const call = (host: FarHost) => `set -- ${host.options.map(shellQuote).join(" ")} "$@"`;
  const text = `#!/bin/sh
case "$*" in *"-p ${one.port} "*) ${call(one)} ;; *) ${call(two)} ;; esac
case "$*" in
  *"tar -xof"*) [ -f "$0.cut" ] && { head -c "$(cat "$0.cut")" | /usr/bin/ssh "$@"; exit; } ;;
esac
exec /usr/bin/ssh "$@"
`;
  await Deno.writeTextFile(`${home.path}/bin/ssh`, text, { mode: 0o755 });
}

/** Runs a command, and shows it. */
async function run(expected: number, ...args: string[]): Promise<string> {
  const start = performance.now();
  const { code, stdout, stderr } = await home.run(args, {
    env: { PATH: `${home.path}/bin:/usr/local/bin:/usr/bin:/bin` },
  });
  console.log(`$ claustrum ${args.join(" ")}   (${Math.round(performance.now() - start)} ms)\n${stdout}${stderr}`);
  assertEquals(code, expected, args.join(" "));
  return stdout + stderr;
}

await writeSsh();
await run(0, "host", "add", "one", `ssh://127.0.0.1:${one.port}`);
assertStringIncludes(await run(1, "host", "add", "two", `ssh://127.0.0.1:${two.port}`), "claustrum host install two");
for (let tenth = 0; tenth < 10; tenth++) {
  await Deno.writeTextFile(`${home.path}/bin/ssh.cut`, String(Math.floor(ARCHIVE_BYTES * tenth / 10)));
  await run(1, "host", "install", "two", "--release", release);
  assertEquals(await installed(two.home), { launcher: "", versions: [] });
}
await Deno.remove(`${home.path}/bin/ssh.cut`);
await run(0, "host", "install", "two", "--release", release);
for (const [name, far] of [["one", one], ["two", two]] as const) {
  await run(0, "session", "start", far.home, "--host", name, "--name", `far-${name}`, "--trust");
}
const sessions: { readonly id: string; readonly host: string }[] = JSON.parse(
  await run(0, "session", "list", "--json"),
);
assertEquals(sessions.map(({ host }) => host).sort(), ["one", "two"]);
const { id } = sessions.find(({ host }) => host === "two")!;
await run(0, "session", "send", id, "tool Write there.txt hello");
await waitFor("the question", async () => (await run(0, "session", "show", id)).includes("there.txt"));
await run(0, "session", "approve", id);
await waitFor("the answer", async () => (await run(0, "session", "events", id)).includes("done: "));
assertEquals((await Deno.readTextFile(`${two.home}/there.txt`)).trim(), "hello");
await Deno.writeTextFile(`${release}/claustrum.js`, "\n// another build\n", { append: true });
await run(0, "host", "upgrade", "--all", "--release", release);
await run(0, "session", "send", id, "again");
await waitFor("the answer", async () => (await run(0, "session", "events", id)).includes("echo: again"));
const events = await run(0, "session", "events", id);
assertEquals(events.match(/^status: .*$/gm), ["status: starting"]);
await run(0, "host", "uninstall", "two", "--sessions");
await run(0, "host", "list");
