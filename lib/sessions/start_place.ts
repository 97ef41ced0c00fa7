/**
 * Where a session starts: in a directory as it is, or in a work tree that is made for it; and from which commit.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { CommandLimitError, RpcCallError } from "../client/errors.ts";
import { readGit } from "../client/read_git.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { isThere } from "../system/private_files.ts";
import type { RecordedWorktree } from "./record.ts";
import { SessionError } from "./session_error.ts";

/** Where the work trees of sessions are in a repository. */
const WORKTREES = ".claude/worktrees";
/** Keeps work trees out of what the repository shows as new files. */
const IGNORE_ALL = "*\n";
/** The longest name of a directory that is made for a branch. */
const MAX_NAME = 64;
/** How many names are tried for a directory. */
const MAX_NAMES = 100;

/** A work tree that was made for a session, and the directory in it that was asked for. */
export interface MadeWorktree extends RecordedWorktree {
  /** The directory in the work tree that corresponds to the one that was asked for. */
  readonly start: string;
}

/**
 * Returns the commit that is checked out in a directory; `null` if there is none, or git cannot say.
 *
 * @param path The directory, without symlinks.
 */
export async function commitAt(client: Client, path: string): Promise<string | null> {
  if (!await isInRepository(path)) return null;
  try {
    return await ask(client, path, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]) ?? null;
  } catch (error) {
    // Without git, a session starts all the same.
    if (error instanceof RpcCallError || error instanceof CommandLimitError) return null;
    throw error;
  }
}

/**
 * Makes a work tree with a new branch.
 *
 * @param path A directory of the repository, without symlinks.
 * @param branch The new branch.
 * @throws {SessionError} If the directory is in no repository, or git cannot make it.
 */
export async function makeWorktree(client: Client, path: string, branch: string): Promise<MadeWorktree> {
  const { top, below, repository } = await repositoryAt(client, path);
  const directory = await worktreesIn(repository);
  const target = `${directory}/${await freeName(directory, branch)}`;
  const { success, error } = await client.call("git.worktree_create", {
    baseRepo: repository,
    branchName: branch,
    worktreePath: target,
    sourceBranch: await ask(client, top, ["symbolic-ref", "--quiet", "--short", "HEAD"]) ?? "",
  });
  if (!success) throw new SessionError("conflict", `no work tree could be made for the branch "${branch}": ${error}`);
  const worktree = await Deno.realPath(target);
  const start = below === "" || !await isThere(`${worktree}/${below}`) ? worktree : `${worktree}/${below}`;
  return { path: worktree, branch, repository, start };
}

/** Removes a work tree that turned out not to be needed; nobody has worked in it. */
export async function unmakeWorktree(client: Client, { path, branch, repository }: RecordedWorktree): Promise<void> {
  await client.call("git.worktree_remove", { baseRepo: repository, worktreePath: path, branchName: branch });
}

interface Repository {
  /** The work tree that the directory is in. */
  readonly top: string;
  /** The path of the directory below it; empty if it is the same. */
  readonly below: string;
  /** The main work tree; the one that the directory is in if there is no main one. */
  readonly repository: string;
}

async function repositoryAt(client: Client, path: string): Promise<Repository> {
  const args = ["rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir"];
  const [top, common] = (await isInRepository(path) ? await ask(client, path, args) : undefined)?.split("\n") ?? [];
  if (top === undefined || common === undefined) {
    throw new SessionError("bad_params", `${path} is in no git repository: a work tree needs one`);
  }
  const repository = common.endsWith("/.git") ? common.slice(0, -"/.git".length) : top;
  return { top, below: path.slice(top.length + 1), repository: await Deno.realPath(repository) };
}

async function isInRepository(path: string): Promise<boolean> {
  for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    if (await isThere(`${at}/.git`)) return true;
  }
  return false;
}

/** Returns what git prints; `undefined` if it fails. */
async function ask(client: Client, directory: string, args: readonly string[]): Promise<string | undefined> {
  const { code, stdout } = await readGit(client, { directory, args });
  return code === 0 ? new TextDecoder().decode(stdout).trimEnd() : undefined;
}

/** Makes the directory of the work trees, which must not lead out of the repository. */
async function worktreesIn(repository: string): Promise<string> {
  const directory = `${repository}/${WORKTREES}`;
  try {
    const claude = directory.slice(0, directory.lastIndexOf("/"));
    if (!await isThere(claude)) await Deno.mkdir(claude);
    if (await Deno.realPath(claude) !== claude) throw leadsOut(claude);
    if (!await isThere(directory)) await Deno.mkdir(directory);
    if (await Deno.realPath(directory) !== directory) throw leadsOut(directory);
    const ignored = `${directory}/.gitignore`;
    if (!await isThere(ignored)) await Deno.writeTextFile(ignored, IGNORE_ALL, { createNew: true });
  } catch (error) {
    if (error instanceof SessionError || errnoCode(error) === undefined) throw error;
    throw new SessionError("conflict", `${directory} cannot be used: ${errnoText(error)}`, { cause: error });
  }
  return directory;
}

function leadsOut(path: string): SessionError {
  return new SessionError("refused", `${path} is a symlink: work trees are made in the repository itself only`);
}

/** Returns the name of a directory for a branch that is not taken. */
async function freeName(directory: string, branch: string): Promise<string> {
  const plain = branch.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+/, "").slice(0, MAX_NAME) || "work";
  for (let i = 1; i <= MAX_NAMES; i++) {
    const name = i === 1 ? plain : `${plain}-${i}`;
    if (!await isThere(`${directory}/${name}`)) return name;
  }
  throw new SessionError("conflict", `${directory} has ${MAX_NAMES} work trees for "${branch}": remove some of them`);
}
