/**
 * The main job with the packed release and two users of a private SSH server, of whom one has nothing: they are added,
 * claustrum is installed, and a permission is answered on a phone, all in a browser. As another user than root, they are
 * two home directories of one. `deno task two-hosts [--release DIR]`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { pack } from "../../.ci/pack.ts";
import { targetsOf } from "../../.ci/targets.ts";
import { canHaveUsers, sshUsers } from "../helpers/ssh_users.ts";
import { refuseUnknown } from "../helpers/task_arguments.ts";
import { tempDir } from "../helpers/temp.ts";
import { launchBrowser } from "./helpers/chromium.ts";
import { farMachines, sshByName } from "./helpers/far_machine.ts";
import { doMainJob, type JobHost } from "./helpers/main_job.ts";
import { signIn } from "./helpers/sign_in.ts";
import { webParts } from "./helpers/suite.ts";
import { webHome } from "./helpers/web_home.ts";

const NAMES = ["one", "two"] as const;

const args = parseArgs(Deno.args, {
  string: ["release"],
  unknown: refuseUnknown("deno task two-hosts [--release DIR]"),
});
await using stack = new AsyncDisposableStack();
const release = args["release"] ?? await packed();
const { env, hosts: [one, two] } = await canHaveUsers() ? await twoUsers() : await twoHomes();
const home = stack.use(await webHome("", {}, true, env));
const browser = await launchBrowser();
stack.defer(() => browser.close());
const problems: string[] = [];
const { open } = webParts(browser, home, await signIn(home), (problem) => void problems.push(problem));
const start = performance.now();
await doMainJob({
  home,
  open,
  one,
  two,
  release,
  onStep: (step) => console.log(`${((performance.now() - start) / 1_000).toFixed(1)} s: ${step}`),
});
if (problems.length > 0) throw new Error(`the browser has logged errors:\n${problems.join("\n")}`);

interface Machines {
  readonly env: Readonly<Record<string, string>>;
  readonly hosts: readonly [JobHost, JobHost];
}

/** Two users of one server. */
async function twoUsers(): Promise<Machines> {
  const [first, second] = NAMES.map((name) => ({
    name,
    isInstalled: name === "one",
    files: { [`work-${name}/README.md`]: "# Work\n" },
  }));
  const users = stack.use(await sshUsers([first!, second!], release));
  console.log("two users of a private sshd, of whom one has nothing");
  const reachable = (name: string) => ({ port: users.port, options: [...users.options, "-l", name] });
  const env = await sshByName(stack, Object.fromEntries(NAMES.map((name) => [name, reachable(name)])));
  const [one, two] = NAMES.map((name) => ({ name, home: users.homeOf(name) }));
  return { env, hosts: [one!, two!] };
}

/** Two home directories of this user. */
async function twoHomes(): Promise<Machines> {
  const { far, env } = await farMachines(stack, { one: {}, two: { isInstalled: false } });
  console.log("two home directories of this user, of which one has nothing");
  for (const name of NAMES) await Deno.mkdir(`${far[name].home}/work-${name}`);
  const [one, two] = NAMES.map((name) => ({ name, home: far[name].home }));
  return { env, hosts: [one!, two!] };
}

/** Packs a release where all users can read it. */
async function packed(): Promise<string> {
  const { path } = stack.use(await tempDir());
  await Deno.chmod(path, 0o755);
  const [target] = targetsOf({});
  await pack(target!, path);
  return `${path}/claustrum-${target!.name}`;
}
