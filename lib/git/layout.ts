/**
 * The locations of a repository: its git directory and its work trees. They are read from the repository's files
 * without running git, so they are known even if git refuses to work there.
 *
 * This stands in for `git rev-parse` and `git worktree list`, which fail in a damaged repository and in that of another
 * user. It may go once git reports the locations there, too.
 *
 * @module
 */

import { errnoCode } from "../system/errno.ts";
import { kernelPath, parentOf } from "../system/removal.ts";
import { readRegularFile } from "../system/regular_file.ts";
import { tryStat } from "../system/try_stat.ts";

/** The role of a directory in a repository. */
export type Mark =
  /** No role of its own; the directory may be inside a work tree. */
  | { readonly kind: "none" }
  /** The main work tree of a repository, or a repository without one. */
  | { readonly kind: "main"; readonly gitDir: string }
  /** A linked work tree, or the remains of one. */
  | { readonly kind: "linked"; readonly gitDir: string; readonly commonDir: string };

/** The locations of a repository and its work trees; all paths are absolute and resolved. */
export interface RepositoryLayout {
  /** The git directory that all work trees share. */
  readonly commonDir: string;
  /** The main work tree, and the work tree that the search started in. */
  readonly ownTrees: readonly string[];
  /** The linked work trees that the repository has registered, including those that no longer exist. */
  readonly linkedTrees: readonly string[];
}

/** The largest file that is read, in bytes; each holds only a path. */
const MAX_FILE_BYTES = 64 << 10;
const NONE: Mark = { kind: "none" };

/** Finds the repository of a directory as git does: in the directory itself or the nearest parent. */
export async function layoutOf(directory: string): Promise<RepositoryLayout | undefined> {
  for (let at = await kernelPath(directory);; at = parentOf(at)) {
    const mark = await markOf(at);
    if (mark.kind !== "none") return await layoutAt(at, mark);
    if (at === parentOf(at)) return undefined;
  }
}

async function layoutAt(at: string, mark: Exclude<Mark, { kind: "none" }>): Promise<RepositoryLayout> {
  const commonDir = mark.kind === "linked" ? mark.commonDir : mark.gitDir;
  const main = commonDir.endsWith("/.git") ? [parentOf(commonDir)] : [];
  return { commonDir, ownTrees: [...main, at], linkedTrees: await linkedTrees(commonDir) };
}

/** Finds out the role of a directory from the files in it. */
export async function markOf(directory: string): Promise<Mark> {
  const path = `${directory}/.git`;
  const info = await tryStat(path);
  if (info === undefined) return await isBare(directory) ? { kind: "main", gitDir: directory } : NONE;
  const git = await kernelPath(path);
  if (info.isDirectory) return { kind: "main", gitDir: git };
  const target = /^gitdir: (.+)$/s.exec(await lineOf(git) ?? "")?.[1];
  return target === undefined ? NONE : await markOfGitFile(await resolveFrom(directory, target));
}

/** Finds out the role of a directory whose `.git` is a file with the path of a git directory. */
async function markOfGitFile(gitDir: string): Promise<Mark> {
  const common = await lineOf(`${gitDir}/commondir`);
  if (common !== undefined) return { kind: "linked", gitDir, commonDir: await resolveFrom(gitDir, common) };
  if (await tryStat(gitDir) !== undefined) return { kind: "main", gitDir };
  const worktrees = parentOf(gitDir);
  // Git has pruned the work tree, but its directory still exists.
  return worktrees.endsWith("/worktrees") ? { kind: "linked", gitDir, commonDir: parentOf(worktrees) } : NONE;
}

async function isBare(directory: string): Promise<boolean> {
  const [head, ...rest] = await Promise.all(["HEAD", "objects", "refs"].map((name) => tryStat(`${directory}/${name}`)));
  return head !== undefined && rest.every((info) => info?.isDirectory === true);
}

/** Returns the linked work trees that the repository has registered. */
async function linkedTrees(commonDir: string): Promise<string[]> {
  const worktrees = `${commonDir}/worktrees`;
  const found = (await namesIn(worktrees)).map(async (name) => {
    const path = await lineOf(`${worktrees}/${name}/gitdir`);
    return path === undefined ? [] : [parentOf(await resolveFrom(`${worktrees}/${name}`, path))];
  });
  return (await Promise.all(found)).flat();
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await Array.fromAsync(Deno.readDir(directory), ({ name }) => name);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return []; // no work tree has ever been linked
  }
}

function resolveFrom(directory: string, path: string): Promise<string> {
  return kernelPath(path.startsWith("/") ? path : `${directory}/${path}`);
}

/** Reads a small file with a single line; returns `undefined` if it cannot be read. */
async function lineOf(path: string): Promise<string | undefined> {
  try {
    const bytes = await readRegularFile(path, MAX_FILE_BYTES);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes).replace(/[\r\n]+$/, "");
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}
