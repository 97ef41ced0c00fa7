/**
 * Creating the work tree of a session, for `contract = next` (contract: Git methods of next).
 *
 * @module
 */

import { type Clock, systemClock } from "../../system/clock.ts";
import { tryRealPath } from "../../system/try_stat.ts";
import type { GitResult } from "../run_git.ts";
import type { BranchSteps } from "./branch_step.ts";
import { dropStaleEntry, undoCreate } from "./create_undo.ts";
import { entriesOf } from "./entries.ts";
import { gitText } from "./git_text.ts";
import { checkFresh, checkInside, makeParents } from "./inside.ts";
import { isManaged } from "./managed.ts";
import { checkNewPlace, checkOutside, prepareDirectory, thisCaller } from "./outside.ts";
import { PinnedGit } from "./pinned_git.ts";
import { isInWorkTree, type OpenRepository, openRepository } from "./queries.ts";
import { GitRefusal } from "./refusal.ts";
import { seedSessionWorktree } from "./seed_session.ts";
import { commitOf, startPoint } from "./start_point.ts";
import { TIMEOUT_MOMENTS, WHOLE_TEXTS } from "./texts.ts";
import { type CreateErrorCode, WorktreeRefusal } from "./worktree_refusal.ts";

/** The work tree to create. Paths are as sent, after `~`. */
export interface CreateSpec {
  /** The directory of the repository; that of the daemon if empty. */
  readonly baseRepo: string;
  /** The path of the work tree. */
  readonly worktreePath: string;
  /** The directory of work trees outside of the repository; `""` for a work tree inside. */
  readonly worktreeRoot: string;
  /** The new branch. */
  readonly branchName: string;
  /** The branch to start from; `""` for the current one. */
  readonly sourceBranch: string;
  /** The local branch to attach instead of making one; `""` for none. */
  readonly existingBranch: string;
  /** How long it may take, in milliseconds; 0 or less for no limit. */
  readonly timeoutMs: number;
}

/** What the creation needs of the daemon. */
export interface CreateOptions {
  /** How long a git command may take, in milliseconds; 0 for no limit. */
  readonly gitTimeoutMs: number;
  /** Deletes branches. */
  readonly branches: BranchSteps;
  /** The source of time. @default {systemClock} */
  readonly clock?: Clock;
}

/** The result of {@linkcode createSessionWorktree}. */
export type SessionOutcome =
  | {
    readonly kind: "created";
    readonly path: string;
    readonly sourceBranch: string | undefined;
    readonly branch: string;
  }
  | {
    readonly kind: "failed";
    readonly error: string;
    readonly errorCode: CreateErrorCode;
    readonly isBranchKept: boolean;
  };

/** Creates a work tree. A failure leaves nothing behind, except for a branch whose commits would be lost. */
export async function createSessionWorktree(spec: CreateSpec, options: CreateOptions): Promise<SessionOutcome> {
  try {
    return await create(spec, options);
  } catch (error) {
    if (error instanceof GitRefusal) return failed("worktree_add_failed", error.message);
    if (error instanceof WorktreeRefusal) return failed(error.code, error.message);
    throw error;
  }
}

function failed(errorCode: CreateErrorCode, error: string, isBranchKept = false): SessionOutcome {
  return { kind: "failed", error, errorCode, isBranchKept };
}

async function create(spec: CreateSpec, options: CreateOptions): Promise<SessionOutcome> {
  const { clock = systemClock, gitTimeoutMs } = options;
  const end = spec.timeoutMs > 0 ? clock.elapsed() + spec.timeoutMs : Infinity;
  const opened = await openForCreate(spec, { timeoutMs: gitTimeoutMs, clock });
  const { repository: { commonDir } } = opened;
  const path = await preparePlace(spec, opened);
  await dropStaleEntry(commonDir, path);
  const creation: Creation = { spec, options, opened, path, end, clock };
  const added = await addWorktree(creation);
  return await fillWorktree(creation, added);
}

/** One creation. */
interface Creation {
  readonly spec: CreateSpec;
  readonly options: CreateOptions;
  readonly opened: OpenRepository;
  /** The checked path of the work tree. */
  readonly path: string;
  /** When it must be finished, by the clock. */
  readonly end: number;
  readonly clock: Clock;
}

/** The branch of an added work tree. */
interface Added {
  readonly branch: string;
  readonly sourceBranch: string | undefined;
  /** Whether the branch was made for it. */
  readonly isNew: boolean;
}

async function openForCreate(
  { baseRepo }: CreateSpec,
  limits: { readonly timeoutMs: number; readonly clock: Clock },
): Promise<OpenRepository> {
  if (await isManaged(baseRepo || ".")) throw new WorktreeRefusal("nested_base_repo", WHOLE_TEXTS.W1);
  const opened = await openRepository(baseRepo, limits);
  if (opened === undefined || !await isInWorkTree(opened.git)) {
    throw new WorktreeRefusal("not_a_repo", "not a git repository");
  }
  return { ...opened, git: opened.git.in(opened.repository.root) };
}

/** Checks the path, and makes the directories above it. */
async function preparePlace(spec: CreateSpec, { repository }: OpenRepository): Promise<string> {
  const { worktreePath, worktreeRoot, baseRepo } = spec;
  if (worktreePath === "") throw new WorktreeRefusal("mkdir_failed", WHOLE_TEXTS.noDirectory("create"));
  if (worktreeRoot === "") {
    const { path } = await checkInside(worktreePath, baseRepo, "create");
    await checkFresh(path);
    await makeParents(path, 0o755);
    return path;
  }
  const caller = await thisCaller();
  const place = await checkOutside({ worktreePath, worktreeRoot, baseRepo }, repository, "create", caller);
  await checkNewPlace(place, worktreeRoot, caller);
  await checkFresh(place.path);
  await makeParents(place.path, 0o700);
  await prepareDirectory(place);
  return place.path;
}

async function addWorktree({ spec, opened: { git }, path }: Creation): Promise<Added> {
  const { branchName, existingBranch, sourceBranch: wanted } = spec;
  const attached = await attach(git, existingBranch, path);
  if (attached?.isOk) {
    const sourceBranch = wanted === "" ? undefined : (await startPoint(git, wanted)).branch;
    return { branch: existingBranch, sourceBranch: sourceBranch === wanted ? wanted : undefined, isNew: false };
  }
  const before = attached === undefined ? "" : WHOLE_TEXTS.attachRefused(existingBranch, gitText(attached));
  // Git passes the name to another git command, which would parse it as an option.
  if (branchName.startsWith("-")) {
    throw addFailed(`fatal: '${branchName}' is not a valid branch name${before}`);
  }
  const start = await startPoint(git, wanted);
  const args = ["worktree", "add", "--no-track", "--no-checkout", "-b", branchName, "--", path, start.commit];
  const added = await git.run(args);
  if (!added.isOk) {
    await removeIfEmpty(path);
    throw addFailed(gitText(added) + before);
  }
  return { branch: branchName, sourceBranch: start.branch, isNew: true };
}

function addFailed(text: string): WorktreeRefusal {
  return new WorktreeRefusal("worktree_add_failed", WHOLE_TEXTS.addFailed(text));
}

/** Checks an existing local branch out in a new work tree; returns `undefined` if there is no such branch. */
async function attach(git: PinnedGit, branch: string, path: string): Promise<GitResult | undefined> {
  if (branch === "" || branch.startsWith("-")) return undefined;
  if (await commitOf(git, `refs/heads/${branch}`) === undefined) return undefined;
  const attached = await git.run(["worktree", "add", "--no-checkout", "--", path, branch]);
  if (!attached.isOk) await removeIfEmpty(path);
  return attached;
}

/** Checks the files out and copies those that a session needs; undoes everything on failure. */
async function fillWorktree(creation: Creation, added: Added): Promise<SessionOutcome> {
  const { spec, options, opened, path, end, clock } = creation;
  const fail = async (code: CreateErrorCode, text: string) => {
    const undone = await undoCreate({ ...added, path, shownPath: spec.worktreePath }, opened, options);
    return failed(code, text + undone.suffix, undone.isBranchKept);
  };
  const timedOut = (when: string) => fail("timeout", WHOLE_TEXTS.timeout(spec.timeoutMs, when));
  const left = () => end - clock.elapsed();
  if (left() <= 0) return await timedOut(TIMEOUT_MOMENTS.before);
  const limitMs = options.gitTimeoutMs === 0 ? Infinity : options.gitTimeoutMs;
  const remaining = left();
  let checkout: GitResult | undefined;
  try {
    checkout = await checkOut(creation, Math.min(limitMs, remaining));
  } catch (error) {
    if (!(error instanceof GitRefusal)) throw error;
    return left() <= 0 ? await timedOut(TIMEOUT_MOMENTS.before) : await fail("worktree_add_failed", error.message);
  }
  if (checkout === undefined) return await fail("worktree_add_failed", WHOLE_TEXTS.checkoutFailed("no repository"));
  if (checkout.timedOut && remaining <= limitMs) {
    return await fail(
      "timeout",
      `${WHOLE_TEXTS.timeout(spec.timeoutMs, TIMEOUT_MOMENTS.during)}: ${gitText(checkout)}`,
    );
  }
  if (!checkout.isOk) return await fail("worktree_add_failed", WHOLE_TEXTS.checkoutFailed(gitText(checkout)));
  if (left() > 0) await seedSessionWorktree(opened, path, () => left() <= 0);
  if (left() <= 0) return await timedOut(TIMEOUT_MOMENTS.after);
  return { kind: "created", path: spec.worktreePath, sourceBranch: added.sourceBranch, branch: added.branch };
}

/** Fills the work tree. Its own configuration is looked at anew, because git may have copied some to it. */
async function checkOut({ opened, path, clock }: Creation, limitMs: number): Promise<GitResult | undefined> {
  const { commonDir } = opened.repository;
  const directory = await tryRealPath(path) ?? path;
  const gitDir = (await entriesOf(commonDir, directory))[0]?.path;
  if (gitDir === undefined) return undefined;
  const timeoutMs = Number.isFinite(limitMs) ? Math.max(1, limitMs) : 0;
  const git = await PinnedGit.open({ directory, commonDir, gitDir }, { timeoutMs, clock }, "https and ssh");
  return await git?.run(["read-tree", "-u", "--reset", "HEAD"]);
}

async function removeIfEmpty(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch {
    // It is not there, or git has left something in it for a person to look at.
  }
}
