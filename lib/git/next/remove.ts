/**
 * Removing the work tree of a session, for `contract = next` (contract: Git methods of next). The daemon deletes by
 * itself; git only decides about the branch.
 *
 * @module
 */

import { errnoCode } from "../../system/errno.ts";
import { tryRealPath } from "../../system/try_stat.ts";
import { refusalOfRemoval } from "../remove_worktree.ts";
import { goQuote } from "../../system/quote.ts";
import { contains } from "../../system/removal.ts";
import { systemClock } from "../../system/clock.ts";
import type { BranchSteps } from "./branch_step.ts";
import { entriesOf, type WorktreeEntry } from "./entries.ts";
import { checkInside, linkInfo } from "./inside.ts";
import { isManaged } from "./managed.ts";
import { checkDirectory, checkOutside, thisCaller } from "./outside.ts";
import { PinnedGit } from "./pinned_git.ts";
import { GitRefusal } from "./refusal.ts";
import { refusing } from "../refusal_texts.ts";
import { NO_WORKTREE_TEXTS, PATH_TEXTS, WHOLE_TEXTS } from "./texts.ts";
import { removeRegistration, removeTree } from "./tree_removal.ts";
import { checkTrust } from "./trust.ts";
import { findRepository, type FoundRepository, gitDirNamedBy } from "./walk.ts";
import { WorktreeRefusal } from "./worktree_refusal.ts";

/** The work tree to remove. Paths are as sent, after `~`. */
export interface RemoveSpec {
  /** The directory of the repository; that of the daemon if empty. */
  readonly baseRepo: string;
  /** The path of the work tree. */
  readonly worktreePath: string;
  /** The directory of work trees outside of the repository; `""` for a work tree inside. */
  readonly worktreeRoot: string;
  /** Its branch; `""` for none. */
  readonly branchName: string;
}

/** What the removal needs of the daemon. */
export interface RemoveOptions {
  /** How long a git command may take, in milliseconds; 0 for no limit. */
  readonly gitTimeoutMs: number;
  /** Deletes branches. */
  readonly branches: BranchSteps;
  /** The home directory, which is never removed. */
  readonly home: string | undefined;
}

/** The result of {@linkcode removeSessionWorktree}. */
export interface RemoveOutcome {
  /** The contract's text of a failure; `undefined` on success. */
  readonly error?: string;
  /** Whether the branch was kept. */
  readonly isBranchKept: boolean;
}

/** Removes a work tree, its entry and its branch. */
export async function removeSessionWorktree(spec: RemoveSpec, options: RemoveOptions): Promise<RemoveOutcome> {
  try {
    return await remove(spec, options);
  } catch (error) {
    if (!(error instanceof WorktreeRefusal)) throw error;
    return { error: error.message, isBranchKept: false };
  }
}

async function remove(spec: RemoveSpec, options: RemoveOptions): Promise<RemoveOutcome> {
  const { worktreePath, worktreeRoot, baseRepo } = spec;
  if (await isManaged(baseRepo || ".")) throw whole(WHOLE_TEXTS.W1);
  if (worktreePath === "") throw whole(WHOLE_TEXTS.noDirectory("remove"));
  const repository = await findRepository(baseRepo);
  const target = await checkedTarget(spec, repository);
  const info = await linkInfo(target.path);
  if (info?.isSymlink) throw refused(PATH_TEXTS.P6_LINK(target.path));
  if (info !== undefined && !info.isDirectory) throw refused(PATH_TEXTS.P6_FILE(target.path));
  const entries = await registrations(spec, repository, target.path, info !== undefined);
  const isLocked = entries.some((entry) => entry.isLocked);
  if (info === undefined) {
    if (isLocked) throw refused(PATH_TEXTS.P8(worktreePath));
  } else {
    if (isLocked) throw refused(PATH_TEXTS.P7(worktreePath));
    if (worktreeRoot !== "") await checkOwnTree(target.path, spec, repository, entries);
    await checkGuards(spec, target, options);
    const failure = await removeTree(target.path);
    if (failure !== undefined) throw whole(WHOLE_TEXTS.removeFailed(failure.name, failure.reason));
  }
  for (const entry of entries) {
    const failure = await removeRegistration(entry);
    if (failure !== undefined) throw whole(WHOLE_TEXTS.W6(failure.name, failure.reason));
  }
  return { isBranchKept: repository !== undefined && await isBranchKept(spec, repository, options) };
}

function whole(text: string): WorktreeRefusal {
  return new WorktreeRefusal("unsafe_path", text);
}

function refused(text: string): WorktreeRefusal {
  return whole(refusing("remove", text));
}

/** A path that may be removed as far as its place is concerned. */
interface Target {
  readonly path: string;
  /** Whether any directory there belongs to a session. */
  readonly isSessionPlace: boolean;
}

async function checkedTarget(spec: RemoveSpec, repository: FoundRepository | undefined): Promise<Target> {
  const { worktreePath, worktreeRoot, baseRepo } = spec;
  if (worktreeRoot === "") return await checkInside(worktreePath, baseRepo, "remove");
  const { root, directory, path } = await checkOutside(spec, repository, "remove", await thisCaller());
  if (await tryRealPath(root) === undefined) throw whole(WHOLE_TEXTS.W3(worktreeRoot));
  await checkDirectory(directory, "remove");
  return { path, isSessionPlace: true };
}

/** Returns the entries of a work tree; without the repository it is not known whether it is locked. */
async function registrations(
  { worktreePath }: RemoveSpec,
  repository: FoundRepository | undefined,
  path: string,
  isThere: boolean,
): Promise<WorktreeEntry[]> {
  try {
    if (repository !== undefined) {
      await checkTrust(repository);
      return await entriesOf(repository.commonDir, path);
    }
  } catch (error) {
    if (!(error instanceof GitRefusal) && errnoCode(error) === undefined) throw error;
  }
  if (isThere) throw whole(WHOLE_TEXTS.W2(worktreePath));
  return [];
}

/** Checks that a directory outside of the repository is a work tree of it, or empty. */
async function checkOwnTree(
  path: string,
  { baseRepo }: RemoveSpec,
  repository: FoundRepository | undefined,
  entries: readonly WorktreeEntry[],
): Promise<void> {
  if (await isEmpty(path)) return;
  const why = await whyNoWorktree(path, repository, entries);
  if (why !== undefined) throw refused(PATH_TEXTS.P9(path, baseRepo, why));
}

async function whyNoWorktree(
  path: string,
  repository: FoundRepository | undefined,
  entries: readonly WorktreeEntry[],
): Promise<string | undefined> {
  const info = await linkInfo(`${path}/.git`);
  if (info === undefined) return NO_WORKTREE_TEXTS.noFile(path);
  if (!info.isFile) return NO_WORKTREE_TEXTS.notRegular(path);
  const named = await gitDirNamedBy(`${path}/.git`);
  if (named === undefined) return NO_WORKTREE_TEXTS.noGitDir(path);
  const gitDir = await tryRealPath(named.startsWith("/") ? named : `${path}/${named}`);
  if (entries.some((entry) => entry.path === gitDir)) return undefined;
  const isOwn = gitDir !== undefined && repository !== undefined &&
    contains(`${repository.commonDir}/worktrees`, gitDir);
  return isOwn ? NO_WORKTREE_TEXTS.otherRecord(path) : NO_WORKTREE_TEXTS.notOwn(path);
}

async function isEmpty(path: string): Promise<boolean> {
  for await (const _entry of Deno.readDir(path)) return false;
  return true;
}

/** Our own guards: home, the repository, other repositories and their work trees stay. */
async function checkGuards(
  { baseRepo, worktreePath }: RemoveSpec,
  { path, isSessionPlace }: Target,
  { home }: RemoveOptions,
): Promise<void> {
  const reason = await refusalOfRemoval({ baseRepo, worktreePath: path }, home, isSessionPlace);
  if (reason !== undefined) throw whole(`worktreePath must not ${reason}: ${goQuote(worktreePath)}`);
}

async function isBranchKept(
  { branchName }: RemoveSpec,
  { root, commonDir }: FoundRepository,
  { branches, gitTimeoutMs: timeoutMs }: RemoveOptions,
): Promise<boolean> {
  if (branchName === "") return false;
  const git = await openForBranch({ directory: root, commonDir }, timeoutMs);
  if (git === undefined) return false;
  if (git === "refused") return true;
  return (await branches.drop(git, commonDir, branchName, timeoutMs)).kind !== "gone";
}

async function openForBranch(
  place: { readonly directory: string; readonly commonDir: string },
  timeoutMs: number,
): Promise<PinnedGit | "refused" | undefined> {
  try {
    return await PinnedGit.open(place, { timeoutMs, clock: systemClock }, "https and ssh");
  } catch (error) {
    if (error instanceof GitRefusal) return "refused";
    throw error;
  }
}
