import { BranchSteps } from "../../../lib/git/next/branch_step.ts";
import { createSessionWorktree, type CreateSpec, type SessionOutcome } from "../../../lib/git/next/create.ts";
import { type RemoveOutcome, removeSessionWorktree, type RemoveSpec } from "../../../lib/git/next/remove.ts";
import type { TestRepository } from "../../helpers/repository.ts";

const OPTIONS = { gitTimeoutMs: 60_000, branches: new BranchSteps() };

/** The path of a work tree inside a repository. */
export function placeIn(repo: TestRepository, name: string): string {
  return `${repo.path}/.claude/worktrees/${name}`;
}

/** Creates a work tree `name` on a branch of that name. */
export function create(repo: TestRepository, name: string, more: Partial<CreateSpec> = {}): Promise<SessionOutcome> {
  return createSessionWorktree({
    baseRepo: repo.path,
    worktreePath: placeIn(repo, name),
    worktreeRoot: "",
    branchName: name,
    sourceBranch: "",
    existingBranch: "",
    timeoutMs: 0,
    ...more,
  }, OPTIONS);
}

/** Creates a work tree, which must succeed, and returns its path. */
export async function created(repo: TestRepository, name: string, more: Partial<CreateSpec> = {}): Promise<string> {
  const outcome = await create(repo, name, more);
  if (outcome.kind === "failed") throw new Error(outcome.error);
  return outcome.path;
}

/** Removes the work tree `name`, and its branch if one is given. */
export function remove(
  repo: TestRepository,
  name: string,
  more: Partial<RemoveSpec> = {},
  home?: string,
): Promise<RemoveOutcome> {
  const spec = { baseRepo: repo.path, worktreePath: placeIn(repo, name), worktreeRoot: "", branchName: "", ...more };
  return removeSessionWorktree(spec, { ...OPTIONS, home });
}

/** Returns the error of a failed creation, and its code. */
export function failure(outcome: SessionOutcome): readonly [code: string, error: string] {
  return outcome.kind === "failed" ? [outcome.errorCode, outcome.error] : ["", ""];
}

/** The names of all branches. */
export async function branchesOf(repo: TestRepository): Promise<string[]> {
  return (await repo.git("for-each-ref", "--format=%(refname:short)", "refs/heads")).trim().split("\n");
}

/** Commits a file in a directory of a repository. */
export async function commit(repo: TestRepository, directory: string, file: string): Promise<string> {
  const path = `${directory}/${file}`;
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, file);
  await repo.git("-C", directory, "add", "-f", file);
  await repo.git("-C", directory, "commit", "-q", "-m", file);
  return (await repo.git("-C", directory, "rev-parse", "HEAD")).trim();
}
