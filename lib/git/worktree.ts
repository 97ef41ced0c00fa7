/**
 * Adding work trees (contract: Git methods).
 *
 * @module
 */

import { decodeUtf8 } from "../system/utf8.ts";
import { isWorkTree } from "./repository.ts";
import { type GitOptions, joinedOutput, runGit, runSafeGit } from "./run_git.ts";
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
    return { kind: "failed", output: added.timedOut ? new Uint8Array(0) : joinedOutput(added), failure: added.failure };
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

/** Where a path lies that is relative to a repository. */
export function inRepository(directory: string, path: string): string {
  return path.startsWith("/") ? path : `${directory}/${path}`;
}
