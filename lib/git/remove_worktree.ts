/**
 * Removing work trees (contract: Git methods). Git, and the removal without git, get exactly the path that was checked.
 *
 * @module
 */

import { PathError } from "../files/path_error.ts";
import { decodeUtf8 } from "../system/utf8.ts";
import { errnoCode } from "../system/errno.ts";
import { goQuote } from "../system/quote.ts";
import {
  isOrContains,
  isOrContainsHome,
  kernelPath,
  type Place,
  placeOf,
  type RemovalTarget,
  removalTarget,
  removeTarget,
} from "../system/removal.ts";
import { layoutOf, type Mark, markOf, type RepositoryLayout } from "./layout.ts";
import { type GitOptions, type GitResult, joinedOutput, runGit } from "./run_git.ts";
import { inRepository, type WorktreeSpec } from "./worktree.ts";

/** The work tree to remove. */
export type RemovalSpec = Omit<WorktreeSpec, "sourceBranch">;

/** Facts about the path before it is removed. */
interface Candidate {
  readonly target: RemovalTarget;
  /** The result of `lstat`; `undefined` if the path does not exist. */
  readonly info: Deno.FileInfo | undefined;
  /** The role of the directory, or of the directory that a symlink leads to. */
  readonly mark: Mark;
}

/**
 * Removes a work tree and its branch. If git cannot remove the work tree, its directory is removed directly.
 *
 * @param spec The work tree; if its path is empty, only the branch is removed.
 * @param home The home directory, which is never removed.
 * @returns The contract's text of a failure; `undefined` on success.
 */
export async function removeWorktree(
  spec: RemovalSpec,
  home: string | undefined,
  limits: Omit<GitOptions, "directory">,
): Promise<string | undefined> {
  const options = { ...limits, directory: spec.baseRepo || "." };
  if (spec.worktreePath !== "") {
    const candidate = await candidateOf(spec);
    const refused = await refusal(candidate, spec, home);
    if (refused !== undefined) return `worktreePath must not ${refused}: ${goQuote(spec.worktreePath)}`;
    const failed = await remove(candidate, options);
    if (failed !== undefined) return failed;
  }
  // A branch that does not exist or is in use is skipped silently.
  if (spec.branchName !== "") await runGit(["branch", "-D", "--", spec.branchName], options);
  return undefined;
}

async function candidateOf({ baseRepo, worktreePath }: RemovalSpec): Promise<Candidate> {
  // Git resolves a relative path from the repository's real path, so it is resolved the same way here.
  const target = await removalTarget(inRepository(await kernelPath(baseRepo), worktreePath));
  const [info, mark] = await Promise.all([infoOf(target.path), markOf(target.path)]);
  return { target, info, mark };
}

async function infoOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}

/** Returns why a path must be kept, worded to follow "must not". */
async function refusal(
  candidate: Candidate,
  { baseRepo }: RemovalSpec,
  home: string | undefined,
): Promise<string | undefined> {
  const { target, info, mark } = candidate;
  if (await isOrContainsHome(target, home)) return "be or contain the home directory";
  if (isOrContains(target, await placeOf(baseRepo))) return "be or contain the repository";
  if (target.isAmbiguous) return 'lead through a symlink and back by ".."';
  const layout = await layoutOf(baseRepo);
  const reason = layout === undefined ? undefined : await refusalWithin(candidate, layout);
  if (reason !== undefined) return reason;
  if (mark.kind === "main") return "be a repository of its own";
  if (info?.isSymlink === true && mark.kind !== "none") return "be a symlink to a work tree";
  return undefined;
}

/** Returns why a path must be kept to protect the repository or its other work trees. */
async function refusalWithin(candidate: Candidate, layout: RepositoryLayout): Promise<string | undefined> {
  const { target, info } = candidate;
  const common = await placeOf(layout.commonDir);
  const own = await Promise.all(layout.ownTrees.map(placeOf));
  if ([common, ...own].some((kept) => isOrContains(target, kept))) return "be or contain the repository";
  const belongsTo = await ownerOf(candidate, common, layout);
  if (belongsTo === "another repository") return "be a work tree of another repository";
  // A bare repository may contain work trees, but a `.git` directory must not.
  const mayHoldTrees = belongsTo === "this repository" && !layout.commonDir.endsWith("/.git");
  if (isOrContains(common, target) && !mayHoldTrees) return "lie in the git directory of the repository";
  const others = layout.linkedTrees.filter((path) => !target.paths.includes(path));
  const linked = await Promise.all(others.map(placeOf));
  if (linked.some((tree) => tree.own.size > 0 && isOrContains(target, tree))) return "contain another work tree";
  const isInside = info !== undefined && [...own, ...linked].some((tree) => isOrContains(tree, target));
  return isInside && belongsTo === "none" ? "lie in the repository unless it is a work tree" : undefined;
}

/** Returns which repository a linked work tree belongs to, or did. */
async function ownerOf(
  { target, mark }: Candidate,
  common: Place,
  { linkedTrees }: RepositoryLayout,
): Promise<"this repository" | "another repository" | "none"> {
  if (mark.kind === "linked") {
    const other = await placeOf(mark.commonDir);
    if (isOrContains(common, other) && isOrContains(other, common)) return "this repository";
    if (await infoOf(mark.gitDir) !== undefined) return "another repository";
  }
  return linkedTrees.includes(target.path) ? "this repository" : "none";
}

async function remove({ target, info, mark }: Candidate, options: GitOptions): Promise<string | undefined> {
  // Git would follow the symlink and remove its target.
  if (info?.isSymlink === true) return await removeByHand(target, "it is a symlink");
  const removed = await runGit(["worktree", "remove", "--force", "--", target.path], options);
  if (removed.isOk) return undefined;
  if (removed.timedOut) {
    return `git worktree remove timed out after ${durationText(options.timeoutMs)}; no cleanup was attempted, ` +
      "and git may have partially removed the worktree";
  }
  const said = decodeUtf8(joinedOutput(removed)).trim();
  if (await mustStay(removed, mark)) return `failed to remove worktree: ${said}`;
  return await removeByHand(target, said);
}

/** Matches git's messages when it refuses to remove a work tree. */
const KEPT_BY_GIT = /^fatal: .*(?:is a main working tree|cannot remove a locked working tree)/m;

async function mustStay({ stderr }: GitResult, mark: Mark): Promise<boolean> {
  if (KEPT_BY_GIT.test(decodeUtf8(stderr))) return true;
  // Git may fail before it checks the lock.
  return mark.kind === "linked" && await infoOf(`${mark.gitDir}/locked`) !== undefined;
}

async function removeByHand(target: RemovalTarget, said: string): Promise<string | undefined> {
  try {
    await removeTarget(target);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    const reason = new PathError("unlinkat", target.path, error).message;
    return `failed to remove worktree: ${said}; manual cleanup also failed: ${reason}`;
  }
  return undefined;
}

/** Formats a duration as Go does, except for hours. */
function durationText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const seconds = ms % 60_000 / 1000;
  if (minutes === 0) return ms < 1000 ? `${ms}ms` : `${seconds}s`;
  return `${minutes}m${seconds}s`;
}
