/**
 * Adding and removing work trees (wire 1.3).
 *
 * @module
 */

import { isOrContains } from "../files/home_guard.ts";
import { PathError } from "../files/path_error.ts";
import { decodeUtf8 } from "../rpc/utf8.ts";
import { goQuote } from "../system/go_quote.ts";
import { isWorkTree } from "./look.ts";
import { type GitOptions, runGit, runSafeGit, trimNewlines } from "./run_git.ts";
import { seedWorktree } from "./seed.ts";

/** The work tree that is wanted. */
export interface WorktreeSpec {
  /** The directory of the repository; the daemon's own when empty. */
  readonly baseRepo: string;
  /** The branch that is made for it. */
  readonly branchName: string;
  /** Where it goes; from the repository when relative. */
  readonly worktreePath: string;
  /** The branch it starts from; the current one when there is no such branch. */
  readonly sourceBranch: string;
}

/** What became of it. */
export type CreateOutcome =
  | { readonly kind: "created"; readonly source: string }
  | { readonly kind: "no repository" }
  | { readonly kind: "failed"; readonly output: Uint8Array; readonly failure: string };

/** Makes a work tree with a branch of its own. */
export async function createWorktree(
  spec: WorktreeSpec,
  limits: Omit<GitOptions, "directory">,
): Promise<CreateOutcome> {
  const directory = spec.baseRepo || ".";
  const options = { ...limits, directory };
  if (!await isWorkTree(options)) return { kind: "no repository" };
  // Git hands the name on to another git, which would take it for an option.
  if (spec.branchName.startsWith("-")) return { kind: "failed", output: invalidName(spec.branchName), failure: "" };
  const source = await sourceOf(spec.sourceBranch, options);
  const args = ["worktree", "add", "-b", spec.branchName, "--", spec.worktreePath];
  const added = await runGit(source === "" ? args : [...args, source], options);
  if (!added.isOk) {
    return { kind: "failed", output: added.timedOut ? new Uint8Array(0) : joined(added), failure: added.failure };
  }
  await seedWorktree(directory, inRepository(directory, spec.worktreePath), limits);
  return { kind: "created", source };
}

function invalidName(branch: string): Uint8Array {
  return new TextEncoder().encode(`fatal: '${branch}' is not a valid branch name`);
}

/** The branch that is asked for if there is one of that very name, else what HEAD is; `""` before the first commit. */
async function sourceOf(wanted: string, options: GitOptions): Promise<string> {
  if (wanted !== "" && !wanted.startsWith("-")) {
    const found = await runSafeGit(["show-ref", "--verify", "--quiet", "--", `refs/heads/${wanted}`], options);
    if (found.isOk) return wanted;
  }
  const head = await runSafeGit(["rev-parse", "--abbrev-ref", "HEAD"], options);
  return head.isOk ? decodeUtf8(head.stdout) : "";
}

function inRepository(directory: string, path: string): string {
  return path.startsWith("/") ? path : `${directory}/${path}`;
}

/** What git said: stderr, where it tells what it does and what went wrong, then stdout. */
function joined({ stdout, stderr }: { stdout: Uint8Array; stderr: Uint8Array }): Uint8Array {
  if (stdout.length === 0 || stderr.length === 0) return stdout.length === 0 ? stderr : stdout;
  return trimNewlines(new Uint8Array([...stderr, 0x0a, ...stdout]));
}

/**
 * Removes a work tree, by git or else by hand, and its branch.
 *
 * @param spec Which one; nothing is removed when the path is empty.
 * @param home The home directory, which is kept.
 * @returns The contract's text of a failure.
 */
export async function removeWorktree(
  spec: Omit<WorktreeSpec, "sourceBranch">,
  home: string | undefined,
  limits: Omit<GitOptions, "directory">,
): Promise<string | undefined> {
  const options = { ...limits, directory: spec.baseRepo || "." };
  if (spec.worktreePath !== "") {
    const refused = await refusePath(spec, home) ?? await removeTree(spec.worktreePath, options);
    if (refused !== undefined) return refused;
  }
  // A branch that is not there, or in use, is left alone without a word.
  if (spec.branchName !== "") await runGit(["branch", "-D", "--", spec.branchName], options);
  return undefined;
}

async function refusePath(
  { baseRepo, worktreePath }: Omit<WorktreeSpec, "sourceBranch">,
  home: string | undefined,
): Promise<string | undefined> {
  const base = baseRepo === "" ? Deno.cwd() : inRepository(Deno.cwd(), baseRepo);
  // Git takes a relative path from the repository, the removal by hand from the daemon's directory.
  const paths = [inRepository(base, worktreePath), inRepository(Deno.cwd(), worktreePath)];
  for (const path of paths) {
    if (await isOrContains(path, home)) {
      return `worktreePath must not be or contain the home directory: ${goQuote(worktreePath)}`;
    }
    if (await isOrContains(path, base)) {
      return `worktreePath must not be or contain the repository: ${goQuote(worktreePath)}`;
    }
  }
  return undefined;
}

async function removeTree(path: string, options: GitOptions): Promise<string | undefined> {
  const removed = await runGit(["worktree", "remove", "--force", "--", path], options);
  if (removed.isOk) return undefined;
  if (removed.timedOut) {
    return `git worktree remove timed out after ${durationText(options.timeoutMs)}; no cleanup was attempted, ` +
      "and git may have partially removed the worktree";
  }
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    const reason = new PathError("unlinkat", path, error).message;
    const said = decodeUtf8(joined(removed)).trim();
    return `failed to remove worktree: ${said}; manual cleanup also failed: ${reason}`;
  }
  return undefined;
}

/** Go's text of a duration, as far as such bounds need it. */
function durationText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const seconds = ms % 60_000 / 1000;
  if (minutes === 0) return ms < 1000 ? `${ms}ms` : `${seconds}s`;
  return `${minutes}m${seconds}s`;
}
