/**
 * Shows ten users of a private SSH server as ten hosts, with real login shells, a noisy start-up file and a restricted key,
 * and prints how long it takes until all of them are up. As another user than root, they are ten home directories of one.
 * `deno task ten-hosts [--release DIR]`
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { pack } from "../../.ci/pack.ts";
import { targetsOf } from "../../.ci/targets.ts";
import { connect } from "../../lib/client/mod.ts";
import { Hosts } from "../../lib/hub/hosts/hosts.ts";
import { Store } from "../../lib/store/store.ts";
import { systemClock } from "../../lib/system/clock.ts";
import { createLogger } from "../../lib/system/log.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { farHost } from "../helpers/far_host.ts";
import { canHaveUsers, type SshUser, sshUsers } from "../helpers/ssh_users.ts";
import { refuseUnknown } from "../helpers/task_arguments.ts";
import { tempDir } from "../helpers/temp.ts";
import { waitFor } from "../helpers/wait.ts";

/** Hubs that are not there yet take longer to start. */
const FIRST_MS = 300_000;
const NOISE = "echo hello from the start-up file\necho grumble >&2\nprintf 'no newline'\n";
/** What is special about the first of them. */
const SPECIAL: readonly Partial<SshUser>[] = [
  { files: { ".bashrc": NOISE, ".profile": NOISE } },
  { shell: "/usr/bin/fish", files: { ".config/fish/config.fish": NOISE } },
  { shell: "/bin/dash" },
  { keyOptions: "restrict" },
  { keyOptions: "restrict", files: { ".bashrc": NOISE } },
];
const USERS: readonly SshUser[] = Array.from({ length: 10 }, (_, i) => ({ name: `claus-${i}`, ...SPECIAL[i] }));

/** Where a host is, and what finds it. */
interface Place {
  readonly name: string;
  readonly address: string;
  readonly home: string;
}

const args = parseArgs(Deno.args, {
  string: ["release"],
  unknown: refuseUnknown("deno task ten-hosts [--release DIR]"),
});
await using stack = new AsyncDisposableStack();
const { places, options } = await canHaveUsers() ? await tenUsers() : await tenHomes();
const daemon = stack.use(await startDaemon());
const client = stack.use(await connect({ socket: daemon.socket }));
const store = stack.use(Store.open(":memory:"));
const open = () =>
  new Hosts({
    ownName: "here",
    store,
    client: () => Promise.resolve(client),
    directory: daemon.directory,
    sshOptions: options,
    clock: systemClock,
    log: createLogger({ level: "error", write: (line) => console.error(line) }),
  });

const first = open();
let start = performance.now();
for (const { name, address } of places) first.add({ name, address });
await allUp(first);
console.log(`${places.length} hosts, whose hubs had to be started, were up after ${since(start)}`);
for (const { name, home } of places) {
  await first.mirror(name).call("session.start", { path: `${home}`, name: `on-${name}`, trust: true });
}
await waitFor("the sessions", () => first.sessions.length === places.length);
assertEquals(first.sessions.map(({ name, host }) => name === `on-${host}`).includes(false), false);
console.log("a session was started on each, and all are shown:");
for (const { name, state, via, version, sessions } of first.list()) {
  const { shell, keyOptions, files } = USERS.find((user) => user.name === name) ?? { name };
  const special = [shell, keyOptions, files === undefined ? undefined : "noisy start-up files"];
  console.log(
    `  ${name} ${state} over the ${via}, ${version}, ${sessions} session  ${special.filter(Boolean).join(", ")}`,
  );
}
await first[Symbol.asyncDispose]();
for (let round = 0; round < 3; round++) {
  start = performance.now();
  await using again = open();
  await allUp(again);
  console.log(`${places.length} hosts, whose hubs ran, were up after ${since(start)}`);
}

async function allUp(hosts: Hosts): Promise<void> {
  await waitFor("all hosts to be up", () => {
    const refused = hosts.list().find(({ state }) => state === "refused");
    if (refused !== undefined) throw new Error(`${refused.name}: ${refused.reason}`);
    return hosts.list().every(({ state }) => state === "up");
  }, FIRST_MS);
}

function since(start: number): string {
  return `${((performance.now() - start) / 1_000).toFixed(2)} s`;
}

/** Ten users of one server. */
async function tenUsers(): Promise<{ readonly places: readonly Place[]; readonly options: readonly string[] }> {
  const users = stack.use(await sshUsers(USERS, args["release"] ?? await packed()));
  console.log("ten users of a private sshd");
  return {
    places: USERS.map(({ name }) => ({
      name,
      address: `ssh://${name}@127.0.0.1:${users.port}`,
      home: users.homeOf(name),
    })),
    options: users.options,
  };
}

/** Ten servers of this user, each with another home directory. */
async function tenHomes(): Promise<{ readonly places: readonly Place[]; readonly options: readonly string[] }> {
  const hosts = await Promise.all(USERS.map(async ({ name }) => ({ name, far: await farHost({ hasAgent: true }) })));
  for (const { far } of hosts) stack.use(far);
  console.log("ten home directories of this user, each with a private sshd");
  // Each server has a key of its own; a client offers all of them.
  const keys = hosts.flatMap(({ far }) => far.options.filter((_, i) => far.options[i - 1] === "-i"));
  const [{ far } = { far: undefined }] = hosts;
  return {
    places: hosts.map(({ name, far }) => ({ name, address: `ssh://127.0.0.1:${far.port}`, home: far.home })),
    options: [...far?.options ?? [], ...keys.flatMap((key) => ["-i", key])],
  };
}

/** Packs a release where all users can read it. */
async function packed(): Promise<string> {
  const { path } = stack.use(await tempDir());
  await Deno.chmod(path, 0o755);
  const [target] = targetsOf({});
  await pack(target!, path);
  return `${path}/claustrum-${target!.name}`;
}
