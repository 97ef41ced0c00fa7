/**
 * Queries about the repository of a directory: work tree, branches, changes (contract: Git methods).
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { decodeUtf8 } from "../system/utf8.ts";
import { plainConfig, plainOrigin } from "./plain_config.ts";
import { repoSlug } from "./repo_slug.ts";
import { type GitOptions, type GitResult, runSafeGit } from "./run_git.ts";
import { filterOff, isOwn, LFS_FILTER, runsByLfs } from "./repository_guard.ts";
import type { GitSetting } from "./safe_git.ts";

/** A git command failed; the message is Go's text of the exit status. */
export class GitError extends ClaustrumError {}

/** Facts about a work tree, as `git.info` returns them. */
export interface RepoInfo {
  /** The name of the work tree's directory. */
  readonly repo: string;
  /** The branch, or `detached:` and a commit. */
  readonly branch: string;
  /** The directory of the work tree. */
  readonly root: string;
  /** `owner/name` on github.com, or `""`. */
  readonly repoSlug: string;
  /** The branch that the remote's HEAD points to, or `""`. */
  readonly defaultBranch: string;
}

const ORIGIN_PREFIX = "refs/remotes/origin/";

/**
 * Returns facts about the work tree of a directory; `undefined` if the directory is in none. Usually one git command
 * answers all questions; if it fails, each question is asked separately.
 */
export async function repoInfo(options: GitOptions): Promise<RepoInfo | undefined> {
  const [tree, remote] = await Promise.all([
    runSafeGit(["rev-parse", ...TREE_QUESTIONS, "--abbrev-ref", "HEAD", ORIGIN_HEAD], options, [
      ["core.warnAmbiguousRefs", "false"],
    ]),
    originUrl(options),
  ]);
  const known = treeInfo(tree) ?? await askOneByOne(options);
  return known === undefined ? undefined : {
    repo: known.root.slice(known.root.lastIndexOf("/") + 1),
    branch: known.branch,
    root: known.root,
    repoSlug: repoSlug(remote),
    defaultBranch: known.defaultBranch,
  };
}

/** Returns the URL of the remote `origin`, or `""`. */
async function originUrl(options: GitOptions): Promise<string> {
  const config = await plainConfig(options.directory);
  const url = config === undefined ? undefined : plainOrigin(config);
  return url ?? textOf(await runSafeGit(["config", "--get", "remote.origin.url"], options));
}

type TreeInfo = Pick<RepoInfo, "root" | "branch" | "defaultBranch">;

const TREE_QUESTIONS = ["--is-inside-work-tree", "--show-toplevel"];
const ORIGIN_HEAD = `${ORIGIN_PREFIX}HEAD`;

/** Parses the four lines of the answer; returns `undefined` for anything else, which needs separate questions. */
function treeInfo(answer: GitResult): TreeInfo | undefined {
  const [isInside, root = "", branch = "", remote = "", ...more] = textOf(answer).split("\n");
  const target = /^(?:remotes\/)?origin\/(.+)$/.exec(remote)?.[1];
  const isPlain = isInside === "true" && branch !== "" && branch !== "HEAD" && more.length === 0;
  return isPlain && target !== undefined ? { root, branch, defaultBranch: target } : undefined;
}

async function askOneByOne(options: GitOptions): Promise<TreeInfo | undefined> {
  const ask = (...args: string[]) => runSafeGit(args, options);
  const [tree, branch, head] = await Promise.all([
    ask("rev-parse", ...TREE_QUESTIONS),
    ask("symbolic-ref", "--short", "HEAD"),
    ask("symbolic-ref", ORIGIN_HEAD),
  ]);
  const [isInside, ...rest] = textOf(tree).split("\n");
  if (isInside !== "true") return undefined;
  const target = textOf(head);
  return {
    root: rest.join("\n"),
    branch: branch.isOk ? textOf(branch) : `detached:${textOf(await ask("rev-parse", "--short", "HEAD"))}`,
    defaultBranch: target.startsWith(ORIGIN_PREFIX) ? target.slice(ORIGIN_PREFIX.length) : "",
  };
}

/** Whether a directory is in a work tree. */
export async function isWorkTree(options: GitOptions): Promise<boolean> {
  return textOf(await runSafeGit(["rev-parse", "--is-inside-work-tree"], options)) === "true";
}

/**
 * Runs `git status`.
 *
 * @returns The output; `undefined` if the directory is not in a repository.
 * @throws {GitError} If the status fails.
 */
export async function repoStatus(options: GitOptions): Promise<Uint8Array | undefined> {
  const filters = await plainConfig(options.directory) !== undefined ? [] : await filterOverrides(options);
  // Git would inspect a submodule with another git command, which lacks these overrides.
  const status = await runSafeGit(["status", "--porcelain", "--ignore-submodules=dirty"], options, filters);
  if (!status.isOk && !status.timedOut && !await isRepo(options)) return undefined;
  return succeed(status);
}

/**
 * Lists the names of the local branches, in git's order.
 *
 * @returns `undefined` if the directory is not in a repository.
 * @throws {GitError} If git fails.
 */
export async function localBranches(options: GitOptions): Promise<string[] | undefined> {
  const [repo, refs] = await Promise.all([
    isRepo(options),
    runSafeGit(["for-each-ref", "--format=%(refname:short)", "refs/heads"], options),
  ]);
  if (!repo) return undefined;
  const text = decodeUtf8(succeed(refs));
  return text === "" ? [] : text.split("\n");
}

async function isRepo(options: GitOptions): Promise<boolean> {
  return (await runSafeGit(["rev-parse", "--git-dir"], options)).isOk;
}

const FILTER_KEYS = "^filter\\..*\\.(clean|smudge|process|required)$|^lfs\\.";

/** Returns settings that disable the filters of the repository's own configuration; those of the user stay enabled. */
async function filterOverrides(options: GitOptions): Promise<GitSetting[]> {
  const args = ["config", "--show-scope", "--includes", "--null", "--name-only", "--get-regexp", FILTER_KEYS];
  const fields = decodeUtf8((await runSafeGit(args, options)).stdout).split("\0");
  const names = new Set<string>();
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = /^(filter\..*)\.[a-z]+$/s.exec(fields[i + 1]!)?.[1];
    if (!isOwn({ scope: fields[i]! })) continue;
    if (name !== undefined) names.add(name);
    else if (runsByLfs(fields[i + 1]!)) names.add(LFS_FILTER);
  }
  return [...names].flatMap(filterOff);
}

function succeed({ isOk, failure, stdout }: GitResult): Uint8Array {
  if (!isOk) throw new GitError(failure);
  return stdout;
}

function textOf({ isOk, stdout }: GitResult): string {
  return isOk ? decodeUtf8(stdout) : "";
}
