/**
 * Removing work trees (contract: Git methods). Git, and the removal without git, get exactly the path that was checked.
 *
 * @module
 */

import { PathError } from "../files/path_error.ts";
import { isMissing } from "../system/errno.ts";
import { decodeUtf8 } from "../system/utf8.ts";
import { goDuration } from "../system/go_duration.ts";
import { cleanPath } from "../system/path_text.ts";
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
import { tryLstat } from "../system/try_stat.ts";
import { layoutOf, type Mark, markOf, type RepositoryLayout } from "./layout.ts";
import { type GitOptions, type GitResult, joinedOutput, runGit } from "./run_git.ts";
import { REFUSAL_TEXTS, refusing } from "./refusal_texts.ts";
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
    const unsafe = await unsafeReason(candidate, spec);
    if (unsafe !== undefined) return refusing("remove", unsafe);
    const failed = await remove(candidate, options);
    if (failed !== undefined) return failed;
  }
  // A branch that does not exist or is in use is skipped silently.
  if (spec.branchName !== "") await runGit(["branch", "-D", "--", spec.branchName], options);
  return undefined;
}

async function candidateOf(
  { baseRepo, worktreePath }: Pick<RemovalSpec, "baseRepo" | "worktreePath">,
): Promise<Candidate> {
  // Git resolves a relative path from the repository's real path, so it is resolved the same way here.
  const target = await removalTarget(inRepository(await kernelPath(baseRepo), worktreePath));
  const [info, mark] = await Promise.all([tryLstat(target.path), markOf(target.path)]);
  return { target, info, mark };
}

/**
 * Returns why a directory must be kept, worded to follow "must not".
 *
 * @param isSessionPlace Whether any directory at the path belongs to a session, a work tree or not.
 */
export async function refusalOfRemoval(
  spec: Pick<RemovalSpec, "baseRepo" | "worktreePath">,
  home: string | undefined,
  isSessionPlace: boolean,
): Promise<string | undefined> {
  return await refusal(await candidateOf(spec), spec, home, isSessionPlace);
}

/** Why a directory of the repository that is no work tree stays. */
const NO_WORK_TREE = "lie in the repository unless it is a work tree";

/** Returns why a path must be kept, worded to follow "must not". */
async function refusal(
  candidate: Candidate,
  { baseRepo }: Pick<RemovalSpec, "baseRepo">,
  home: string | undefined,
  isSessionPlace = false,
): Promise<string | undefined> {
  const { target, mark } = candidate;
  if (await isOrContainsHome(target, home)) return "be or contain the home directory";
  if (isOrContains(target, await placeOf(baseRepo))) return "be or contain the repository";
  if (target.isAmbiguous) return 'lead through a symlink and back by ".."';
  const layout = await layoutOf(baseRepo);
  const reason = layout === undefined ? undefined : await refusalWithin(candidate, layout);
  if (reason !== undefined && !(isSessionPlace && reason === NO_WORK_TREE)) return reason;
  if (mark.kind === "main") return "be a repository of its own";
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
  return isInside && belongsTo === "none" ? NO_WORK_TREE : undefined;
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
    if (await tryLstat(mark.gitDir) !== undefined) return "another repository";
  }
  return linkedTrees.includes(target.path) ? "this repository" : "none";
}

/** Returns why removing a path might remove something else, or what someone keeps on purpose. */
async function unsafeReason(
  { target, info, mark }: Candidate,
  { baseRepo, worktreePath }: RemovalSpec,
): Promise<string | undefined> {
  const repository = await kernelPath(baseRepo);
  const link = await linkBetween(repository, inRepository(repository, worktreePath));
  if (link !== undefined) return REFUSAL_TEXTS.P4(link);
  if (info?.isSymlink) return REFUSAL_TEXTS.P6_LINK(target.path);
  const isLocked = mark.kind === "linked" && await tryLstat(`${mark.gitDir}/locked`) !== undefined;
  return isLocked ? REFUSAL_TEXTS.P7(worktreePath) : undefined;
}

/** Returns the first symlink between a repository and a path inside it, however the repository is spelled there. */
async function linkBetween(repository: string, path: string): Promise<string | undefined> {
  let at = "";
  let isInside = false;
  for (const name of cleanPath(path).split("/").slice(1, -1)) {
    at = `${at}/${name}`;
    if (isInside && (await tryLstat(at))?.isSymlink) return at;
    isInside ||= await kernelPath(at) === repository;
  }
  return undefined;
}

async function remove({ target, mark }: Candidate, options: GitOptions): Promise<string | undefined> {
  const removed = await runGit(["worktree", "remove", "--force", "--", target.path], options);
  if (removed.isOk) return undefined;
  if (removed.timedOut) {
    return `git worktree remove timed out after ${goDuration(options.timeoutMs)}; no cleanup was attempted, ` +
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
  return mark.kind === "linked" && await tryLstat(`${mark.gitDir}/locked`) !== undefined;
}

async function removeByHand(target: RemovalTarget, said: string): Promise<string | undefined> {
  try {
    await removeTarget(target);
  } catch (error) {
    if (isMissing(error)) return undefined;
    const reason = new PathError("unlinkat", target.path, error).message;
    return `failed to remove worktree: ${said}; manual cleanup also failed: ${reason}`;
  }
  return undefined;
}
