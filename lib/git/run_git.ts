/**
 * Running git in the daemon, so that it never prompts, never starts a pager, never runs without a time limit, and
 * runs no program from a repository's own configuration (contract: Git methods).
 *
 * @module
 */

import { ENVIRONMENT, SAFE_CONFIG, SAFE_ENVIRONMENT } from "./safe_git.ts";
import { lookUpCommand } from "../process/command_lookup.ts";
import { endsInTime } from "../process/deadline.ts";
import { SpawnError } from "../process/spawn_error.ts";
import { ProcessGroup } from "../process/process_group.ts";
import { startInGroup } from "../process/spawn_child.ts";
import type { Clock } from "../system/clock.ts";
import { concat } from "../system/io.ts";

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

/** The result of a git command. */
export interface GitResult {
  /** Whether git exited with 0. */
  readonly isOk: boolean;
  /** Go's text of a failure, like `exit status 128` or `signal: killed`; empty if git exited with 0. */
  readonly failure: string;
  /** Whether git was killed because it took too long. */
  readonly timedOut: boolean;
  /** The output on stdout, without trailing newlines. */
  readonly stdout: Uint8Array;
  /** The output on stderr, without trailing newlines. */
  readonly stderr: Uint8Array;
}

/** A setting of git: its key and its value. */
export type GitSetting = readonly [key: string, value: string];

const SIGNAL_TEXTS: Readonly<Record<string, string>> = {
  SIGKILL: "killed",
  SIGTERM: "terminated",
  SIGINT: "interrupt",
  SIGHUP: "hangup",
  SIGSEGV: "segmentation fault",
  SIGABRT: "aborted",
};

/**
 * Runs a git command that may run programs that the user has configured, like hooks and filters.
 *
 * @param args The git command and its arguments.
 */
export function runGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  return run(["-C", options.directory, ...args], ENVIRONMENT, options);
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
  // In an argument, a key ends at the first `=`, and the name of a filter may contain one.
  const isPlain = ([key]: GitSetting) => !key.includes("=");
  const more = config.filter(isPlain).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  const env = { ...SAFE_ENVIRONMENT, ...settingVariables(config.filter((setting) => !isPlain(setting))) };
  return run(["-C", options.directory, ...SAFE_CONFIG, ...more, ...args], env, options, options.signal);
}

/** Returns the variables for settings, which git 2.31 and newer ones read. */
function settingVariables(config: readonly GitSetting[]): Record<string, string> {
  if (config.length === 0) return {};
  // The user may have settings in the environment, too.
  const given = Number(Deno.env.get("GIT_CONFIG_COUNT") ?? 0);
  const first = Number.isSafeInteger(given) && given > 0 ? given : 0;
  const entries = config.flatMap(([key, value], i) => [
    [`GIT_CONFIG_KEY_${first + i}`, key],
    [`GIT_CONFIG_VALUE_${first + i}`, value],
  ]);
  return { ...Object.fromEntries(entries), GIT_CONFIG_COUNT: String(first + config.length) };
}

async function run(
  args: readonly string[],
  env: Record<string, string>,
  { timeoutMs, clock, onOutput }: GitOptions,
  signal?: AbortSignal,
): Promise<GitResult> {
  let child: Deno.ChildProcess;
  try {
    const git = lookUpCommand("git", { path: Deno.env.get("PATH") ?? "", cwd: "/" });
    child = startInGroup(git, args, { env, stdin: "null", stdout: "piped", stderr: "piped" });
  } catch (error) {
    if (error instanceof SpawnError) return failed(error.message);
    throw error;
  }
  const group = new ProcessGroup(child);
  const kill = () => group.signal("SIGKILL");
  const output = onOutput === undefined ? child.output() : collectOutput(child, onOutput, kill);
  const timedOut = !await endsInTime(group, output, { timeoutMs, signal, clock });
  const { success, code, signal: end, stdout, stderr } = await output;
  const failure = success ? "" : end === null ? `exit status ${code}` : `signal: ${SIGNAL_TEXTS[end] ?? end}`;
  return { isOk: success, failure, timedOut, stdout: trimNewlines(stdout), stderr: trimNewlines(stderr) };
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
