/**
 * Running git as a part of the daemon: nothing to ask, nothing to page, nothing to wait for without
 * end, nothing of a repository's own configuration to run (contract: Git methods).
 *
 * @module
 */

import { lookUpCommand } from "../process/command_lookup.ts";
import { endsInTime } from "../process/deadline.ts";
import { SpawnError } from "../process/spawn_error.ts";
import { ProcessGroup } from "../process/process_group.ts";
import { startInGroup } from "../process/spawn_child.ts";
import type { Clock } from "../system/clock.ts";
import { concat } from "../system/io.ts";

/** How git is run. */
export interface GitOptions {
  /** The directory it works in; the daemon's own when empty. */
  readonly directory: string;
  /** How long it may take, in milliseconds; 0 for no limit. Its whole group is killed then. */
  readonly timeoutMs: number;
  /** The source of time. */
  readonly clock?: Clock;
  /** Kills a git that only reads when it is aborted. One that changes something runs to its end. */
  readonly signal?: AbortSignal;
  /**
   * Called with how much it has printed by now, in bytes; git is held up until what this gives settles,
   * and killed when that rejects.
   */
  readonly onOutput?: (bytes: number) => Promise<void> | undefined;
}

/** What became of a git. */
export interface GitResult {
  /** Whether it exited with 0. */
  readonly isOk: boolean;
  /** Go's text of a failure: `exit status 128`, `signal: killed`; empty when it exited with 0. */
  readonly failure: string;
  /** Whether it was killed because it took too long. */
  readonly timedOut: boolean;
  /** What it printed, newlines at the end cut. */
  readonly stdout: Uint8Array;
  /** The same of stderr. */
  readonly stderr: Uint8Array;
}

/** Nothing may ask, page, lock or translate. */
const ENVIRONMENT = {
  LC_ALL: "C",
  GIT_TERMINAL_PROMPT: "0",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_PAGER: "cat",
  GIT_EDITOR: "false",
  GIT_ASKPASS: "false",
} as const;

/** Configuration that names a program wins from the command line only. */
const SAFE_CONFIG = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.pager=cat"];
/** No transport, so no helper program, may be used to fetch what a partial clone lacks. */
const SAFE_ENVIRONMENT = { ...ENVIRONMENT, GIT_NO_LAZY_FETCH: "1", GIT_ALLOW_PROTOCOL: "none" } as const;

const SIGNAL_TEXTS: Readonly<Record<string, string>> = {
  SIGKILL: "killed",
  SIGTERM: "terminated",
  SIGINT: "interrupt",
  SIGHUP: "hangup",
  SIGSEGV: "segmentation fault",
  SIGABRT: "aborted",
};

/**
 * Runs git where it may run what the user has set up, as hooks and filters.
 *
 * @param args The command and its arguments.
 */
export function runGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  return run(["-C", options.directory, ...args], ENVIRONMENT, options);
}

/**
 * Runs a git that only looks: the repository's own configuration cannot make it run a program.
 *
 * @param args The command and its arguments.
 * @param config More configuration, `key=value`.
 */
export function runSafeGit(
  args: readonly string[],
  options: GitOptions,
  config: readonly string[] = [],
): Promise<GitResult> {
  const more = config.flatMap((setting) => ["-c", setting]);
  return run(["-C", options.directory, ...SAFE_CONFIG, ...more, ...args], SAFE_ENVIRONMENT, options, options.signal);
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

/** As the child's own `output()`, but no faster than `onOutput` lets it be. */
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

/** Cuts the newlines at the end. */
export function trimNewlines(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--;
  return bytes.subarray(0, end);
}

/** What git said: stderr, where it tells what it does and what went wrong, then stdout. */
export function joinedOutput({ stdout, stderr }: Pick<GitResult, "stdout" | "stderr">): Uint8Array {
  if (stdout.length === 0 || stderr.length === 0) return stdout.length === 0 ? stderr : stdout;
  return trimNewlines(new Uint8Array([...stderr, 0x0a, ...stdout]));
}
