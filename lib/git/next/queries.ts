/**
 * Queries about the repository of a directory, for `contract = next` (contract: Git methods of next).
 *
 * @module
 */

import { compareUtf8 } from "../../rpc/json_encode.ts";
import { errnoCode } from "../../system/errno.ts";
import { tryRealPath } from "../../system/try_stat.ts";
import { decodeUtf8 } from "../../system/utf8.ts";
import type { RepoInfo } from "../repository.ts";
import { repoSlug } from "../repo_slug.ts";
import { withoutFilters } from "../repository_guard.ts";
import { entriesOf } from "./entries.ts";
import { gitText } from "./git_text.ts";
import { isManaged } from "./managed.ts";
import { type GitLimits, type Network, PinnedGit } from "./pinned_git.ts";
import { GitRefusal } from "./refusal.ts";
import { checkTrust } from "./trust.ts";
import { findRepository, type FoundRepository } from "./walk.ts";

/** A repository that was found and may be trusted, and git on it. */
export interface OpenRepository {
  readonly repository: FoundRepository;
  readonly git: PinnedGit;
}

/**
 * Finds the repository of a directory, and git's view of its configuration.
 *
 * @returns `undefined` if there is none.
 * @throws {GitRefusal} If it cannot be trusted, or git cannot run safely.
 */
export async function openRepository(
  directory: string,
  limits: GitLimits,
  network: Network = "https and ssh",
): Promise<OpenRepository | undefined> {
  const [repository, place] = await Promise.all([findRepository(directory), tryRealPath(directory || ".")]);
  if (repository === undefined || place === undefined) return undefined;
  await checkTrust(repository);
  const git = await PinnedGit.open({ directory: place, commonDir: repository.commonDir }, limits, network);
  return git === undefined ? undefined : { repository, git };
}

/** Facts about a work tree, as far as git can tell them. */
export type WorktreeInfo = Partial<Pick<RepoInfo, "repo" | "branch">> & Omit<RepoInfo, "repo" | "branch">;

const ORIGIN = "refs/remotes/origin/";

/** Returns facts about the work tree of a directory; `undefined` if the directory is in none. */
export async function worktreeInfo(directory: string, limits: GitLimits): Promise<WorktreeInfo | undefined> {
  const opened = await openRepository(directory, limits);
  if (opened === undefined) return undefined;
  const { repository: { root }, git } = opened;
  if (!await isInWorkTree(git)) return undefined;
  const [branch, defaultBranch] = await Promise.all([currentBranch(git), defaultBranchOf(git)]);
  const repo = root.slice(root.lastIndexOf("/") + 1);
  return {
    ...(/^[-+]/.test(repo) ? {} : { repo }),
    ...(branch === undefined ? {} : { branch }),
    root,
    repoSlug: repoSlug(git.setting("remote.origin.url") ?? ""),
    defaultBranch,
  };
}

/** Whether the directory of git is in a work tree. */
export async function isInWorkTree(git: PinnedGit): Promise<boolean> {
  return await git.ask("rev-parse", "--is-inside-work-tree") === "true";
}

async function currentBranch(git: PinnedGit): Promise<string | undefined> {
  const branch = await git.ask("symbolic-ref", "--short", "-q", "HEAD");
  if (branch !== undefined && branch !== "") return branch;
  const commit = await git.ask("rev-parse", "--short", "--verify", "-q", "HEAD");
  return commit === undefined ? undefined : `detached:${commit}`;
}

async function defaultBranchOf(git: PinnedGit): Promise<string> {
  const target = await git.ask("symbolic-ref", "-q", `${ORIGIN}HEAD`);
  if (target === undefined || !target.startsWith(ORIGIN)) return "";
  const exists = await git.ask("rev-parse", "--verify", "-q", `${target}^{commit}`);
  return exists === undefined ? "" : target.slice(ORIGIN.length);
}

/**
 * Lists the local branches, sorted by bytes.
 *
 * @returns `undefined` if the directory is in no repository, or where work trees of sessions are kept.
 * @throws {GitRefusal} If git must not run, or fails.
 */
export async function branchNames(directory: string, limits: GitLimits): Promise<string[] | undefined> {
  if (await tryRealPath(directory || ".") === undefined || await isManaged(directory || ".")) return undefined;
  const opened = await openRepository(directory, limits);
  if (opened === undefined) return undefined;
  const refs = await opened.git.run(["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"]);
  if (!refs.isOk) throw new GitRefusal(gitText(refs));
  const text = decodeUtf8(refs.stdout);
  return text === "" ? [] : text.split("\n").sort(compareUtf8);
}

/** What has changed in a linked work tree. */
export interface WorktreeStatus {
  /** What git prints. */
  readonly output: Uint8Array;
  /** What is known about submodules, a line for each; their contents are not inspected. */
  readonly submodules: readonly string[];
}

/**
 * Returns the changes of a linked work tree.
 *
 * @param path The work tree.
 * @param baseRepo The directory of its repository.
 * @returns `undefined` if the path is not exactly one linked work tree of the repository.
 * @throws {GitRefusal} If git must not run, or fails.
 */
export async function worktreeStatus(
  path: string,
  baseRepo: string,
  limits: GitLimits,
): Promise<WorktreeStatus | undefined> {
  if (await isManaged(baseRepo)) return undefined;
  const repository = await findRepository(baseRepo);
  const directory = await tryRealPath(path);
  if (repository === undefined || directory === undefined) return undefined;
  await checkTrust(repository);
  const { commonDir } = repository;
  const entry = await onlyEntryOf(commonDir, path);
  if (entry === undefined) return undefined;
  const git = await PinnedGit.open({ directory, commonDir, gitDir: entry }, limits, "none");
  if (git === undefined) return undefined;
  const settings = withoutFilters(git.possibleConfig);
  const args = ["status", "--porcelain", "--untracked-files=all", "--ignore-submodules=all"];
  const status = await git.run(args, { settings });
  if (!status.isOk) throw new GitRefusal(gitText(status));
  return { output: status.stdout, submodules: await submoduleLines(git, directory) };
}

async function onlyEntryOf(commonDir: string, tree: string): Promise<string | undefined> {
  try {
    const entries = await entriesOf(commonDir, tree);
    return entries.length === 1 ? entries[0]!.path : undefined;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}

const GITLINK = "160000";

/** Returns what can be said about submodules without running git in them. */
async function submoduleLines(git: PinnedGit, directory: string): Promise<string[]> {
  const [index, staged] = await Promise.all([
    git.run(["ls-files", "-z", "--stage"]),
    git.run(["diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-ext-diff", "HEAD"]),
  ]);
  const changed = new Set<string>();
  const fields = decodeUtf8(staged.stdout).split("\0");
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (fields[i]!.split(" ").slice(0, 2).some((mode) => mode.endsWith(GITLINK))) changed.add(fields[i + 1]!);
  }
  const lines: string[] = [];
  const names = decodeUtf8(index.stdout).split("\0").filter((record) => record.startsWith(GITLINK))
    .map((record) => record.slice(record.indexOf("\t") + 1));
  for (const name of new Set([...names, ...changed])) {
    if (changed.has(name)) lines.push(` S "${name}" (submodule change staged; contents not inspected)`);
    else if (await hasContents(`${directory}/${name}`)) {
      lines.push(` S "${name}" (submodule present; contents not inspected)`);
    }
  }
  return lines;
}

/** Whether a submodule is there, and more than the empty directory that git leaves in its place. */
async function hasContents(path: string): Promise<boolean> {
  try {
    for await (const _entry of Deno.readDir(path)) return true;
    return false;
  } catch (error) {
    const code = errnoCode(error);
    if (code === undefined) throw error;
    return code !== "ENOENT";
  }
}
