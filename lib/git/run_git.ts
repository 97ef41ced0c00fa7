/**
 * Running git in the daemon, so that it never prompts, never starts a pager, never runs without a time limit, and
 * runs no program from a repository's own configuration (contract: Git methods).
 *
 * @module
 */

import type { GitResult } from "./git_result.ts";
import { listConfig } from "./list_config.ts";
import { allowedProtocols, GUARD_CONFIG, guardSettings } from "./repository_guard.ts";
import {
  ENVIRONMENT,
  type GitSetting,
  SAFE_CONFIG,
  SAFE_ENVIRONMENT,
  settingVariables,
  WORK_PROTOCOLS,
} from "./safe_git.ts";
import { lookUpCommand } from "../process/command_lookup.ts";
import { endsInTime } from "../process/deadline.ts";
import { SpawnError } from "../process/spawn_error.ts";
import { ProcessGroup } from "../process/process_group.ts";
import { startInGroup } from "../process/spawn_child.ts";
import type { Clock } from "../system/clock.ts";
import { errnoCode } from "../system/errno.ts";
import { concat } from "../system/io.ts";

export type { GitResult } from "./git_result.ts";

/** How a git command is run. */
export interface GitOptions {
  /** The working directory of git; that of the daemon if empty. */
  readonly directory: string;
  /** How long git may take before its process group is killed, in milliseconds; 0 for no limit. */
  readonly timeoutMs: number;
  /** The source of time. */
  readonly clock?: Clock;
  /** Kills a git command that only reads when aborted; one that modifies something runs to its end. */
  readonly signal?: AbortSignal;
  /**
   * Called with the size of the output so far, in bytes. Reading pauses until the returned promise settles; if it
   * rejects, git is killed.
   */
  readonly onOutput?: (bytes: number) => Promise<void> | undefined;
}

const SIGNAL_TEXTS: Readonly<Record<string, string>> = {
  SIGKILL: "killed",
  SIGTERM: "terminated",
  SIGINT: "interrupt",
  SIGHUP: "hangup",
  SIGSEGV: "segmentation fault",
  SIGABRT: "aborted",
};

/**
 * Runs a git command that changes something. It may run programs that the user has configured for all repositories, but
 * none that the repository's own configuration names, and no hook.
 *
 * @param args The git command and its arguments.
 */
export async function runGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const { onOutput: _onOutput, ...limits } = options;
  const listing = await listConfig((more) => run(["-C", options.directory, ...more], SAFE_ENVIRONMENT, limits));
  // Git would fail in the same way again; if not, nothing would keep it from running programs.
  if (listing.kind === "failed") return listing.result;
  const guard = settingArguments(guardSettings(listing.possible));
  const env = { ...ENVIRONMENT, GIT_ALLOW_PROTOCOL: allowedProtocols(listing.possible, WORK_PROTOCOLS), ...guard.env };
  return await run(["-C", options.directory, ...GUARD_CONFIG, ...guard.args, ...args], env, options);
}

/**
 * Runs a git command that only reads; the repository's own configuration cannot make it run a program.
 *
 * @param args The git command and its arguments.
 * @param config Additional settings.
 */
export function runSafeGit(
  args: readonly string[],
  options: GitOptions,
  config: readonly GitSetting[] = [],
): Promise<GitResult> {
  const more = settingArguments(config);
  const env = { ...SAFE_ENVIRONMENT, ...more.env };
  return run(["-C", options.directory, ...SAFE_CONFIG, ...more.args, ...args], env, options, options.signal);
}

/** Returns the arguments and the variables that give git additional settings. */
export function settingArguments(
  settings: readonly GitSetting[],
): { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  // In an argument, a key ends at the first `=`, and the name of a filter may contain one.
  const isPlain = ([key]: GitSetting) => !key.includes("=");
  const args = settings.filter(isPlain).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  return { args, env: variablesAfterOwn(settings.filter((setting) => !isPlain(setting))) };
}

/** Returns the variables for settings. The user may have settings in the environment, too: those stay. */
function variablesAfterOwn(settings: readonly GitSetting[]): Record<string, string> {
  if (settings.length === 0) return {};
  const given = Number(Deno.env.get("GIT_CONFIG_COUNT") ?? 0);
  return settingVariables(settings, Number.isSafeInteger(given) && given > 0 ? given : 0);
}

function run(
  args: readonly string[],
  env: Record<string, string>,
  options: GitOptions,
  signal?: AbortSignal,
): Promise<GitResult> {
  return runGitProgram(args, { env }, options, signal);
}

/** How the program is started. */
export interface GitStart extends Pick<Deno.CommandOptions, "cwd" | "env" | "clearEnv"> {
  /** What git reads from its stdin. @default {nothing} */
  readonly input?: Uint8Array;
}

/**
 * Runs git with exactly these arguments and variables; the caller sees to it that it runs nothing of a repository.
 *
 * @param signal Kills git when aborted.
 */
export async function runGitProgram(
  args: readonly string[],
  { input, ...start }: GitStart,
  { timeoutMs, clock, onOutput }: Omit<GitOptions, "directory">,
  signal?: AbortSignal,
): Promise<GitResult> {
  let child: Deno.ChildProcess;
  try {
    const git = lookUpCommand("git", { path: Deno.env.get("PATH") ?? "", cwd: "/" });
    const stdin = input === undefined ? "null" : "piped";
    child = startInGroup(git, args, { ...start, stdin, stdout: "piped", stderr: "piped" });
  } catch (error) {
    if (error instanceof SpawnError) return failed(error.message);
    throw error;
  }
  const fed = input === undefined ? undefined : feed(child.stdin, input);
  const group = new ProcessGroup(child);
  const kill = () => group.signal("SIGKILL");
  const output = onOutput === undefined ? child.output() : collectOutput(child, onOutput, kill);
  const timedOut = !await endsInTime(group, output, { timeoutMs, signal, clock });
  const { success, code, signal: end, stdout, stderr } = await output;
  await fed;
  const failure = success ? "" : end === null ? `exit status ${code}` : `signal: ${SIGNAL_TEXTS[end] ?? end}`;
  return { isOk: success, failure, timedOut, stdout: trimNewlines(stdout), stderr: trimNewlines(stderr) };
}

/** Writes to the stdin of git, which may end before it has read everything. */
async function feed(stdin: WritableStream<Uint8Array>, input: Uint8Array): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(input);
    await writer.close();
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
  }
}

/** Collects the output like the child's own `output()`, but waits for `onOutput` after each piece. */
async function collectOutput(
  child: Deno.ChildProcess,
  onOutput: NonNullable<GitOptions["onOutput"]>,
  kill: () => void,
): Promise<Deno.CommandOutput> {
  let size = 0;
  const collect = async (stream: ReadableStream<Uint8Array>) => {
    const parts: Uint8Array[] = [];
    try {
      for await (const part of stream) {
        parts.push(part);
        await onOutput(size += part.length);
      }
    } catch (error) {
      kill();
      throw error;
    }
    return concat(parts);
  };
  const [stdout, stderr, status] = await Promise.allSettled([
    collect(child.stdout),
    collect(child.stderr),
    child.status,
  ]);
  if (stdout.status === "rejected") throw stdout.reason;
  if (stderr.status === "rejected") throw stderr.reason;
  if (status.status === "rejected") throw status.reason;
  return { ...status.value, stdout: stdout.value, stderr: stderr.value };
}

function failed(failure: string): GitResult {
  return { isOk: false, failure, timedOut: false, stdout: new Uint8Array(0), stderr: new Uint8Array(0) };
}

/** Removes trailing newlines. */
function trimNewlines(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--;
  return bytes.subarray(0, end);
}

/** Returns the output of git: stderr, which has its messages, then stdout. */
export function joinedOutput({ stdout, stderr }: Pick<GitResult, "stdout" | "stderr">): Uint8Array {
  if (stdout.length === 0 || stderr.length === 0) return stdout.length === 0 ? stderr : stdout;
  return trimNewlines(new Uint8Array([...stderr, 0x0a, ...stdout]));
}
