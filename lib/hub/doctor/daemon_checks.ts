/**
 * Checks of what the hub needs of the daemon: the daemon itself, and the programs that it runs for the hub.
 *
 * @module
 */

import { agentCommand } from "../../agent/environment.ts";
import { type Client, connect } from "../../client/connect.ts";
import { DialError } from "../../client/dial.ts";
import { CommandLimitError, RpcCallError } from "../../client/errors.ts";
import { runCommand } from "../../client/run_command.ts";
import { TokenRefusedError } from "../../client/stop.ts";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { daemonPaths } from "../../system/paths.ts";
import { versionId } from "../../version.ts";
import type { HubConfig } from "../hub_config.ts";
import type { DoctorCheck } from "../operation_types.ts";
import { failure, ok, warning } from "./finding.ts";

/** How long the daemon may take to answer, in milliseconds. */
const DIAL_MS = 5_000;
/** How long a program may take, in milliseconds. */
const PROGRAM_MS = 10_000;
/** The first version of the agent CLI that the hub works with. */
const LEAST_AGENT = "2.1.145";
const INSTALL_AGENT = "npm install -g @anthropic-ai/claude-code, or claustrum install and agent.binary in hub.toml";
const REPLACE = "claustrum serve --replace starts another one, and ends the processes of this one";
/** The exit code of a shell that finds no program. */
const NOT_FOUND = 127;
/** With less space than this, in KiB, the hub will soon stop to store events: 1 GiB. */
const LITTLE_SPACE_KIB = 1 << 20;
/** With less space than this, in KiB, it may have stopped: 64 MiB. */
const NO_SPACE_KIB = 64 << 10;

/** What the checks are about. */
export interface DaemonCheckOptions {
  /** The socket of the daemon. */
  readonly socket: string;
  /** The configuration. */
  readonly config: HubConfig;
  /** The state directory of the hub. */
  readonly directory: string;
}

/** What a program printed, if it could be run. */
interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Checks the daemon and, if it can be reached, what it runs. */
export async function checkDaemon({ socket, config, directory }: DaemonCheckOptions): Promise<DoctorCheck[]> {
  const signal = AbortSignal.timeout(DIAL_MS);
  try {
    await using client = await connect({ socket, signal, giveUpMs: 0 });
    const { version } = await client.call("server.capabilities", undefined, { signal });
    const rest = await Promise.all([
      checkAgent(client, config),
      checkAgentSignIn(client, config),
      checkProgram(client, "tmux", ["-V"], "install tmux, which claustrum session attach needs"),
      checkProgram(client, "git", ["--version"], "install git, which work trees and clones need"),
      checkSpace(client, directory),
      checkClock(client),
    ]);
    return [versionCheck(version, socket), ...rest.filter((check) => check !== undefined)];
  } catch (error) {
    const problem = connectProblem(error, socket, signal);
    if (problem === undefined) throw error;
    return [problem];
  }
}

function connectProblem(error: unknown, socket: string, signal: AbortSignal): DoctorCheck | undefined {
  const name = "daemon";
  if (error instanceof DialError && error.isAbsent) {
    return failure(name, `none is running on ${socket}`, "claustrum hub start starts a missing daemon");
  }
  if (error instanceof TokenRefusedError) {
    const advice = `${daemonPaths(socket).token} is not the one that it has written: ${REPLACE}`;
    return failure(name, error.message, advice);
  }
  if (error instanceof ClaustrumError) return failure(name, error.message, "claustrum doctor says more");
  if (!signal.aborted || error !== signal.reason) return undefined;
  return failure(name, `no answer on ${socket} within ${DIAL_MS / 1000} s`, REPLACE);
}

function versionCheck(version: string, socket: string): DoctorCheck {
  if (version === versionId()) return ok("daemon", `${version} on ${socket}`);
  const advice = "claustrum serve --replace --handover starts this version and keeps the processes";
  return warning("daemon", `it is of version ${version}, this is ${versionId()}`, advice);
}

async function checkAgent(client: Client, config: HubConfig): Promise<DoctorCheck> {
  const { agent: { binary } } = config;
  const result = await runAgent(client, config, ["--version"]);
  const version = /^(\d+\.\d+\.\d+)\b/.exec(result?.stdout ?? "")?.[1];
  if (result?.code !== 0 || version === undefined) {
    return failure("agent", `${binary} cannot be run: ${agentProblem(result)}`, INSTALL_AGENT);
  }
  if (isOlder(version, LEAST_AGENT)) {
    return failure("agent", `${binary} is of version ${version}`, `update it: the hub needs ${LEAST_AGENT} or newer`);
  }
  return ok("agent", `${binary} ${version}`);
}

function agentProblem(result: ProgramResult | undefined): string {
  if (result === undefined) return `no answer within ${PROGRAM_MS / 1000} s`;
  if (result.code === NOT_FOUND) return "there is no such program where the daemon looks";
  return lastLine(result.stderr) || `exit code ${result.code}, and no version`;
}

async function checkAgentSignIn(client: Client, config: HubConfig): Promise<DoctorCheck | undefined> {
  const name = "agent sign-in";
  const result = await runAgent(client, config, ["auth", "status"]);
  const status = parseStatus(result?.stdout ?? "");
  // An agent that cannot be run at all is another check.
  if (status === undefined) return undefined;
  if (status.loggedIn === true) return ok(name, `signed in (${status.authMethod ?? "unknown"})`);
  return failure(
    name,
    "the agent is not signed in",
    `run ${config.agent.binary} auth login, or set a key in agent.env`,
  );
}

async function checkProgram(
  client: Client,
  name: string,
  args: readonly string[],
  advice: string,
): Promise<DoctorCheck> {
  const result = await run(client, { command: name, args });
  if (result?.code === 0) return ok(name, result.stdout.split("\n")[0]!);
  return warning(name, "cannot be run", advice);
}

async function checkSpace(client: Client, directory: string): Promise<DoctorCheck | undefined> {
  const result = await run(client, { command: "df", args: ["-Pk", directory] });
  const available = Number(result?.stdout.split("\n")[1]?.split(/\s+/)[3] ?? Number.NaN);
  if (!Number.isFinite(available)) return undefined;
  const shown = `${(available / (1 << 20)).toFixed(1)} GiB left in ${directory}`;
  const advice = "free some space, or lower events.keep_mb";
  if (available < NO_SPACE_KIB) return failure("disk space", shown, advice);
  return available < LITTLE_SPACE_KIB ? warning("disk space", shown, advice) : ok("disk space", shown);
}

/** Only some systems can tell whether their clock is synchronized. */
async function checkClock(client: Client): Promise<DoctorCheck | undefined> {
  const result = await run(client, { command: "timedatectl", args: ["show", "-p", "NTPSynchronized", "--value"] });
  const answer = result?.code === 0 ? result.stdout.trim() : "";
  if (answer === "yes") return ok("clock", "synchronized");
  if (answer !== "no") return undefined;
  const advice = "run timedatectl set-ntp true: proxies and webhooks compare times";
  return warning("clock", "not synchronized with a time server", advice);
}

function runAgent(
  client: Client,
  { agent: { binary, env, pathAppend } }: HubConfig,
  args: readonly string[],
): Promise<ProgramResult | undefined> {
  const command = agentCommand({ program: binary, args, keep: Object.keys(env), pathAppend });
  return run(client, { ...command, env });
}

/** Returns `undefined` if there is no such program, or it took too long. */
async function run(
  client: Client,
  command: Pick<Parameters<typeof runCommand>[1], "command" | "args" | "env">,
): Promise<ProgramResult | undefined> {
  try {
    const { code, stdout, stderr } = await runCommand(client, { ...command, timeoutMs: PROGRAM_MS, maxBytes: 1 << 20 });
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } catch (error) {
    if (error instanceof RpcCallError || error instanceof CommandLimitError) return undefined;
    throw error;
  }
}

function parseStatus(text: string): { readonly loggedIn?: unknown; readonly authMethod?: unknown } | undefined {
  try {
    const status: unknown = JSON.parse(text);
    return typeof status === "object" && status !== null ? status : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

function isOlder(version: string, least: string): boolean {
  const [a, b] = [version, least].map((text) => text.split(".").map(Number));
  const difference = a!.map((part, i) => part - b![i]!).find((each) => each !== 0) ?? 0;
  return difference < 0;
}
