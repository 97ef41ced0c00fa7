/**
 * What git knows of a directory: repository, branches, changes (wire 1.3).
 *
 * @module
 */

import { decodeUtf8 } from "../rpc/utf8.ts";
import { repoSlug } from "./repo_slug.ts";
import { type GitOptions, type GitResult, runSafeGit } from "./run_git.ts";

/** A git that had to work failed; the message is Go's text. */
export class GitError extends Error {
  /** The class, for those who only have the error. */
  override readonly name: string = "GitError";
}

/** A work tree, as git.info tells of it. */
export interface RepoInfo {
  /** The name of its directory. */
  readonly repo: string;
  /** The branch, or `detached:` and a commit. */
  readonly branch: string;
  /** Its directory. */
  readonly root: string;
  /** `owner/name` on github.com, or `""`. */
  readonly repoSlug: string;
  /** The branch that the remote's HEAD points to, or `""`. */
  readonly defaultBranch: string;
}

const ORIGIN_PREFIX = "refs/remotes/origin/";

/** Tells of the work tree that a directory is in; `undefined` when it is in none. All questions are asked at once. */
export async function repoInfo(options: GitOptions): Promise<RepoInfo | undefined> {
  const ask = (...args: string[]) => runSafeGit(args, options);
  const [tree, branch, head, remote] = await Promise.all([
    ask("rev-parse", "--is-inside-work-tree", "--show-toplevel"),
    ask("symbolic-ref", "--short", "HEAD"),
    ask("symbolic-ref", `${ORIGIN_PREFIX}HEAD`),
    ask("config", "--get", "remote.origin.url"),
  ]);
  const [isInside, ...rest] = textOf(tree).split("\n");
  if (isInside !== "true") return undefined;
  const root = rest.join("\n");
  const target = textOf(head);
  return {
    repo: root.slice(root.lastIndexOf("/") + 1),
    branch: branch.isOk ? textOf(branch) : `detached:${textOf(await ask("rev-parse", "--short", "HEAD"))}`,
    root,
    repoSlug: repoSlug(textOf(remote)),
    defaultBranch: target.startsWith(ORIGIN_PREFIX) ? target.slice(ORIGIN_PREFIX.length) : "",
  };
}

/** Whether a directory is in a work tree. */
export async function isWorkTree(options: GitOptions): Promise<boolean> {
  return textOf(await runSafeGit(["rev-parse", "--is-inside-work-tree"], options)) === "true";
}

/**
 * The changes that `git status` tells of.
 *
 * @returns Its output; `undefined` when the directory belongs to no repository.
 * @throws {GitError} If the status fails.
 */
export async function repoStatus(options: GitOptions): Promise<Uint8Array | undefined> {
  const [repo, filters] = await Promise.all([isRepo(options), filterOverrides(options)]);
  if (!repo) return undefined;
  // A submodule would be looked at by a git that knows nothing of our overrides.
  return succeed(await runSafeGit(["status", "--porcelain", "--ignore-submodules=dirty"], options, filters));
}

/**
 * The names of the local branches, in git's order.
 *
 * @returns `undefined` when the directory belongs to no repository.
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

/** Filters that the repository's own configuration defines are switched off, the user's own stay. */
async function filterOverrides(options: GitOptions): Promise<string[]> {
  const scopes = ["--local", "--worktree"].map((scope) =>
    runSafeGit(
      [
        "config",
        scope,
        "--includes",
        "--null",
        "--name-only",
        "--get-regexp",
        "^filter\\..*\\.(clean|smudge|process|required)$",
      ],
      options,
    )
  );
  const names = new Set<string>();
  for (const { stdout } of await Promise.all(scopes)) {
    for (const key of decodeUtf8(stdout).split("\0")) {
      const name = /^(filter\..*)\.[a-z]+$/s.exec(key)?.[1];
      if (name !== undefined) names.add(name);
    }
  }
  return [...names].flatMap((
    name,
  ) => [`${name}.clean=`, `${name}.smudge=`, `${name}.process=`, `${name}.required=false`]);
}

function succeed({ isOk, failure, stdout }: GitResult): Uint8Array {
  if (!isOk) throw new GitError(failure);
  return stdout;
}

function textOf({ isOk, stdout }: GitResult): string {
  return isOk ? decodeUtf8(stdout) : "";
}
