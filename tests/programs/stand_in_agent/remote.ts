/**
 * Remote control of the stand-in. Words of the name say how it behaves:
 *
 * - `silent`: never says that it is ready. `half`: says only that it asks for work, without an environment.
 * - `login`, `untrusted`: refuses as the real one does.
 * - `crash`: is ready, then exits with 3 after it has written to stderr. `shutdown`: likewise, as it should, with 0.
 * - `deaf`: ignores SIGINT. `child`: has a process in a session of its own, and ends it when it
 *   is interrupted.
 * - `flood N`: writes N megabytes a minute to its debug file. `secrets`: writes ids and tokens.
 * - `linkless`: in a terminal, shows no link.
 *
 * @module
 */

import { refuse } from "./arguments.ts";

const FLAGS = [
  "--name",
  "--debug-file",
  "--spawn",
  "--permission-mode",
  "--capacity",
  "--remote-control-session-name-prefix",
];

/** The ids that it has. */
export const ENVIRONMENT = "env_01StandInEnvironment";
export const SESSION = "session_01StandInSession";

/** Runs a server until it is interrupted. */
export async function runRemoteControl(args: readonly string[]): Promise<void> {
  const flags = readFlags(args);
  const name = flags.get("--name") ?? "";
  const debug = debugWriter(flags.get("--debug-file"));
  const is = (word: string) => name.split(" ").includes(word);
  if (is("login")) refuse("Error: You must be logged in to use Remote Control.\n\nRun `claude auth login`.");
  if (is("untrusted")) refuse("Error: Workspace not trusted. Please run `claude` in it first.");
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const noted = noteAgent();
  if (is("deaf")) Deno.addSignalListener("SIGINT", () => debug("SIGINT is ignored"));
  else Deno.addSignalListener("SIGINT", end);
  debug(`[bridge:init] Bridge starting bridgeId=${crypto.randomUUID()} args=${JSON.stringify(args)}`);
  debug(`[bridge:work] Waiting for work pid=${Deno.pid}`);
  const child = is("child") ? startChild() : undefined;
  if (child !== undefined) debug(`child ${child.pid}.`);
  if (!is("silent")) await beReady(debug, is("half"));
  if (is("secrets")) debug("Authorization: Bearer abcdefghijkl and sk-ant-\x1b[31mapi03-abcdefghijkl in red");
  if (is("crash")) {
    console.error(`\x1b[31mError\x1b[0m: lost ${SESSION} for good`);
    Deno.exit(3);
  }
  if (!is("shutdown")) await Promise.race([ended, is("flood") ? flood(flags, name) : new Promise(() => {})]);
  child?.kill("SIGKILL");
  debug("[bridge:shutdown] Shutting down");
  Deno.removeSync(noted);
  Deno.exit(0);
}

async function beReady(debug: (text: string) => void, isHalf: boolean): Promise<void> {
  if (isHalf) return debug("[bridge:work] Starting poll loop spawnMode=same-dir");
  debug(`Created initial session ${SESSION}`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  debug(`[bridge:work] Starting poll loop spawnMode=same-dir environmentId=${ENVIRONMENT}`);
}

function startChild(): Deno.ChildProcess {
  const child = new Deno.Command("setsid", { args: ["sleep", "1000"], stdin: "null", stdout: "null" }).spawn();
  child.unref();
  return child;
}

/** Notes that it runs, as the real one does; returns the file. */
function noteAgent(): string {
  const directory = `${Deno.env.get("HOME")}/.claude/sessions`;
  Deno.mkdirSync(directory, { recursive: true });
  const path = `${directory}/${Deno.pid}.json`;
  const facts = { pid: Deno.pid, cwd: Deno.cwd(), sessionId: crypto.randomUUID(), status: "idle" };
  Deno.writeTextFileSync(path, JSON.stringify(facts));
  return path;
}

/** Writes lines of 160 bytes or so at a rate. */
async function flood(flags: ReadonlyMap<string, string>, name: string): Promise<void> {
  const bytesPerTick = Number(/flood (\d+)/.exec(name)?.[1] ?? "100") * 1e6 / 60 / 20;
  const file = await Deno.open(flags.get("--debug-file")!, { append: true, create: true });
  for (let n = 0;;) {
    let text = "";
    while (text.length < bytesPerTick) {
      text +=
        `2026-11-22T01:02:03.456Z [DEBUG] [bridge:work] poll ${n++} of ${SESSION} \x1b[32mtook\x1b[0m ${n % 97} ms, ` +
        `Bearer abcdef0123456789 ${crypto.randomUUID()} in /home/user/projects/web/lib/file.ts\n`;
    }
    await file.write(new TextEncoder().encode(text));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function readFlags(args: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const flag = args[at]!;
    if (flag === "--verbose") continue;
    if (!FLAGS.includes(flag)) refuse(`error: unknown option '${flag}'`);
    flags.set(flag, args[++at] ?? refuse(`error: option '${flag} <value>' argument missing`));
  }
  return flags;
}

/** Returns what appends lines to the debug file. */
export function debugWriter(path: string | undefined): (text: string) => void {
  return (text) => {
    if (path === undefined) return;
    Deno.writeTextFileSync(path, `${new Date().toISOString()} [DEBUG] ${text}\n`, { append: true });
  };
}

/** Prints what runs, as `agents --json` does. */
export function listAgents(): void {
  const directory = `${Deno.env.get("HOME")}/.claude/sessions`;
  const agents: unknown[] = [];
  try {
    for (const { name } of Deno.readDirSync(directory)) {
      const { pid, cwd, sessionId, status } = JSON.parse(Deno.readTextFileSync(`${directory}/${name}`));
      if (isAlive(pid)) agents.push({ pid, cwd, kind: "interactive", startedAt: 1795266599310, sessionId, status });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  console.log(JSON.stringify(agents));
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
