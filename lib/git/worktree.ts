/**
 * Adding work trees (contract: Git methods).
 *
 * @module
 */

import { decodeUtf8 } from "../system/utf8.ts";
import { isWorkTree } from "./repository.ts";
import { type GitOptions, joinedOutput, runGit, runSafeGit } from "./run_git.ts";
import { seedWorktree } from "./seed.ts";

/** The work tree to create or remove. */
export interface WorktreeSpec {
  /** The directory of the repository; that of the daemon if empty. */
  readonly baseRepo: string;
  /** The branch of the work tree. */
  readonly branchName: string;
  /** The path of the work tree, relative to the repository unless absolute. */
  readonly worktreePath: string;
  /** The branch to start from; the current one if this does not exist. */
  readonly sourceBranch: string;
}

/** The result of {@linkcode createWorktree}. */
export type CreateOutcome =
  | { readonly kind: "created"; readonly source: string }
  | { readonly kind: "no repository" }
  | { readonly kind: "failed"; readonly output: Uint8Array; readonly failure: string };

/** Creates a work tree on a new branch. */
export async function createWorktree(
  spec: WorktreeSpec,
  limits: Omit<GitOptions, "directory">,
): Promise<CreateOutcome> {
  const directory = spec.baseRepo || ".";
  const options = { ...limits, directory };
  if (!await isWorkTree(options)) return { kind: "no repository" };
  // Git passes the name to another git command, which would parse it as an option.
  if (spec.branchName.startsWith("-")) return { kind: "failed", output: invalidName(spec.branchName), failure: "" };
  const source = await sourceOf(spec.sourceBranch, options);
  const args = ["worktree", "add", "-b", spec.branchName, "--", spec.worktreePath];
  const added = await runGit(source === "" ? args : [...args, source], options);
  if (!added.isOk) {
    return { kind: "failed", output: added.timedOut ? new Uint8Array(0) : joinedOutput(added), failure: added.failure };
  }
  await seedWorktree(directory, inRepository(directory, spec.worktreePath), limits);
  return { kind: "created", source };
}

function invalidName(branch: string): Uint8Array {
  return new TextEncoder().encode(`fatal: '${branch}' is not a valid branch name`);
}

/** Returns the wanted branch if it exists, otherwise the branch of HEAD; `""` before the first commit. */
async function sourceOf(wanted: string, options: GitOptions): Promise<string> {
  if (wanted !== "" && !wanted.startsWith("-")) {
    const found = await runSafeGit(["show-ref", "--verify", "--quiet", "--", `refs/heads/${wanted}`], options);
    if (found.isOk) return wanted;
  }
  const head = await runSafeGit(["rev-parse", "--abbrev-ref", "HEAD"], options);
  return head.isOk ? decodeUtf8(head.stdout) : "";
}

/** Resolves a path relative to the directory of a repository. */
export function inRepository(directory: string, path: string): string {
  return path.startsWith("/") ? path : `${directory}/${path}`;
}
