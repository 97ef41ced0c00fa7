/**
 * The `process` methods that `contract = next` does in another way; what is only a number or a switch is in
 * `lib/contract/process_rules.ts` (contract: Process methods of next).
 *
 * @module
 */

import { launcherRefusal } from "../../launcher/check_launcher.ts";
import type { ManagedProcess } from "../../process/managed_process.ts";
import { sessionOf } from "../../process/session_of.ts";
import type { SpawnSpec } from "../../process/spawn_child.ts";
import { LauncherError, SpawnError } from "../../process/spawn_error.ts";
import type { Method } from "../../rpc/dispatch.ts";
import { invalidParams, LAUNCHER_FAILED, LAUNCHER_REFUSED, RpcError } from "../../rpc/errors.ts";
import { happensWithin } from "../../system/clock.ts";
import type { ChildSettings, ClientContext, DaemonContext } from "../context.ts";
import { type PrepareSpawn, spawnProcess, stdinMethodBy } from "../process.ts";
import { DEFAULT_GRACE_MS } from "../process_method.ts";
import { toRpcError } from "../rpc_failure.ts";
import { nextMethod } from "./define.ts";

/** The variable that names the socket of an SSH agent. */
const AGENT_VARIABLE = "SSH_AUTH_SOCK";
/** How long a client may take to read the end of a process whose session goes on in another one, in milliseconds. */
const READ_MS = 1_000;

/** The `process` methods that differ. */
export function nextProcessMethods(daemon: DaemonContext): Method<ClientContext>[] {
  return [spawnMethod(daemon), stdinMethod(daemon)];
}

/** What is compared with the bytes accepted so far is answered even after the end of the process. */
function stdinMethod(daemon: DaemonContext): Method<ClientContext> {
  return stdinMethodBy(daemon, (process, bytes, options) => {
    const known = process.stdin.compare(bytes.length, options);
    if (known !== undefined) return known;
    return process.isReaped ? { kind: "closed" } : process.stdin.write(bytes, options);
  });
}

function spawnMethod(daemon: DaemonContext): Method<ClientContext> {
  const turns = new SessionTurns();
  return nextMethod("process.spawn", ({ launcher, disableShellAgentSocket, ...params }, client) => {
    if (launcher.length > 0 && params.id !== "" && params.command !== "") requireAbsolute(params.command);
    const prepare: PrepareSpawn = async (spec, begin) => {
      const settings = daemon.childSettings;
      const session = sessionOf(spec.args ?? []);
      const whole = { ...spec, ...(launcher.length === 0 ? {} : { launcher }) };
      if (launcher.length > 0) await checkLauncher(whole, launcher);
      if (session !== undefined) checkCommand(daemon, whole);
      const agent = disableShellAgentSocket || hasAgent(spec) ? undefined : await settings?.agent();
      const settled = { ...whole, env: settings === undefined ? whole.env ?? {} : variables(whole, settings, agent) };
      return await turns.take(session, async () => {
        if (session !== undefined) await endSession(daemon, session, client);
        return beginThroughLauncher(settled, begin);
      });
    };
    return spawnProcess(daemon, params, client, prepare);
  });
}

function requireAbsolute(command: string): void {
  if (!command.startsWith("/")) throw invalidParams("command must be an absolute path when a launcher is given");
}

/** Refuses a launcher that cannot be used. */
async function checkLauncher({ command }: SpawnSpec, launcher: readonly string[]): Promise<void> {
  const reason = await launcherRefusal(launcher, command);
  if (reason !== undefined) throw new RpcError(LAUNCHER_REFUSED, `the managed launcher cannot be used: ${reason}`);
}

/** Throws unless the command can be started: nothing is ended for the sake of one that cannot. */
function checkCommand({ supervisor }: DaemonContext, spec: SpawnSpec): void {
  try {
    supervisor.checkCommand(spec);
  } catch (error) {
    throw toRpcError(error, SpawnError);
  }
}

function beginThroughLauncher<T>(spec: SpawnSpec, begin: (spec: SpawnSpec) => T): T {
  try {
    return begin(spec);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (cause instanceof LauncherError) throw new RpcError(LAUNCHER_FAILED, cause.message, { cause });
    throw error;
  }
}

function hasAgent({ env = {} }: SpawnSpec): boolean {
  return AGENT_VARIABLE in env || Deno.env.has(AGENT_VARIABLE);
}

/** Returns the variables of a process. Those that mark it come last, so that a client cannot change them. */
function variables(
  { env = {}, launcher }: SpawnSpec,
  { marks, unlaunched, refused, launcherVariable }: ChildSettings,
  agent: string | undefined,
): Record<string, string> {
  const isLaunched = launcher !== undefined;
  const without = new Set(isLaunched ? [...refused, launcherVariable] : refused);
  const sent = Object.entries(env).filter(([key]) => !without.has(key.split("=", 1)[0] ?? ""));
  return Object.assign(
    Object.create(null),
    agent === undefined ? {} : { [AGENT_VARIABLE]: agent },
    isLaunched ? {} : unlaunched,
    Object.fromEntries(sent.filter(([key]) => !(key.split("=", 1)[0]! in marks))),
    marks,
  );
}

/** Ends every other process that works on a session, here and in retired daemons. */
async function endSession(daemon: DaemonContext, session: string, client: ClientContext): Promise<void> {
  const { supervisor, predecessors } = daemon;
  const own = supervisor.unfinished().filter(({ spec }) => sessionOf(spec.args ?? []) === session);
  const relayed = await predecessors?.list({}) ?? [];
  const others = relayed.filter(({ running, args }) => running && sessionOf(args) === session);
  const params = { signal: "TERM", timeoutMs: DEFAULT_GRACE_MS, escalate: true };
  await Promise.all([
    ...own.map((process) => end(process, daemon)),
    ...others.map(({ id }) => predecessors?.forward("process.killAndWait", { ...params, id }, client)),
  ]);
}

/** Ends a process; its client is sent the exit frame before anything else happens. */
async function end(process: ManagedProcess, { generation, childSettings }: DaemonContext): Promise<void> {
  const isFollowed = process.isAttached;
  await process.killAndWait("SIGTERM", DEFAULT_GRACE_MS, true, false, !generation.processes.killsRemains);
  if (isFollowed && childSettings !== undefined) await happensWithin(process.read, READ_MS, childSettings.clock);
}

/** Lets one process at a time begin to work on a session. */
class SessionTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  async take<T>(session: string | undefined, work: () => Promise<T>): Promise<T> {
    if (session === undefined) return await work();
    const turn = (this.#last.get(session) ?? Promise.resolve()).then(work);
    const done = turn.catch(() => {}).then(() => {
      if (this.#last.get(session) === done) this.#last.delete(session);
    });
    this.#last.set(session, done);
    return await turn;
  }
}
