import { assertEquals } from "@std/assert";
import { readLockRecord } from "../../lib/system/lock_file.ts";
import { claustrum, type CommandOptions, type CommandResult } from "./command.ts";
import { type StandInAgent, standInAgent } from "./stand_in_agent.ts";
import { tempDir } from "./temp.ts";
import { waitFor } from "./wait.ts";

/** What commands of sessions print as JSON. */
// deno-lint-ignore no-explicit-any
export type Json = any;

/** A home directory with a configured hub, whose agents are stand-ins. Nothing runs in it yet. */
export interface SessionHome extends AsyncDisposable {
  readonly path: string;
  /** A directory that nobody has trusted yet. */
  readonly work: string;
  readonly agent: StandInAgent;
  /** Runs claustrum. */
  run(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Runs `claustrum session …`, which must succeed and print nothing on stderr; returns its stdout. */
  session(...args: string[]): Promise<string>;
  /** Runs `claustrum session … --json`, which must succeed and print a line of JSON and nothing else. */
  json(...args: string[]): Promise<Json>;
  /** Waits until a session has a status, and returns the session. */
  whenStatus(name: string, status: string): Promise<Json>;
  /** The pid of the hub. */
  hubPid(): number;
  /** The pid of the daemon. */
  daemonPid(): number;
}

/**
 * Prepares a home directory; the hub, the daemon and what they run are ended at its disposal.
 *
 * @param config More of `hub.toml`.
 */
export async function sessionHome(config = ""): Promise<SessionHome> {
  const dir = await tempDir();
  const work = `${dir.path}/work`;
  await Deno.mkdir(work);
  const agent = await standInAgent(dir.path);
  await Deno.mkdir(`${dir.path}/.config/claustrum`, { recursive: true });
  const binary = `agent.binary = ${JSON.stringify(agent.program)}\n`;
  await Deno.writeTextFile(`${dir.path}/.config/claustrum/hub.toml`, binary + config);
  const run = (args: readonly string[], options?: CommandOptions) => claustrum(dir.path, args, options);
  const session = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(["session", ...args]);
    assertEquals([code, stderr], [0, ""], args.join(" "));
    return stdout;
  };
  const json = async (...args: string[]) => {
    const text = await session(...args, "--json");
    assertEquals(text.split("\n").length, 2, text);
    return JSON.parse(text);
  };
  return {
    path: dir.path,
    work,
    agent,
    run,
    session,
    json,
    whenStatus: (name, status) =>
      waitFor(`${name} to be ${status}`, async () => {
        const found = await json("show", name);
        return found.status === status && found;
      }),
    hubPid: () => readLockRecord(`${dir.path}/.local/state/claustrum/hub.lock`)!.pid,
    daemonPid: () => readLockRecord(`${dir.path}/.claude/remote/daemon.lock`)!.pid,
    async [Symbol.asyncDispose]() {
      await run(["hub", "stop", "--sessions"]);
      await run(["stop", "--yes"]);
      await dir[Symbol.asyncDispose]();
    },
  };
}
