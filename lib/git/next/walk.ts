/**
 * Finding the repository of a directory without git, as `contract = next` does (contract: Git methods of next).
 *
 * @module
 */

import { errnoCode } from "../../system/errno.ts";
import { parentOf } from "../../system/removal.ts";
import { readRegularFile } from "../../system/regular_file.ts";
import { tryRealPath, tryStat } from "../../system/try_stat.ts";

/** The repository of a directory. All paths are resolved. */
export interface FoundRepository {
  /** The directory in which `.git` was found; the git directory itself if that is bare. */
  readonly root: string;
  /** The git directory of the work tree. */
  readonly gitDir: string;
  /** The git directory that all work trees share. */
  readonly commonDir: string;
  /** Whether the git directory has what git requires of one. */
  readonly isValid: boolean;
}

/** The largest `.git` or HEAD file that is read, in bytes. */
const MAX_FILE_BYTES = 64 << 10;
/** Matches the start of a HEAD that git accepts. */
const HEAD = /^(?:ref:\s*refs\/|[0-9a-f]{40})/;

/**
 * Finds the repository of a directory: in the directory itself or the nearest parent that has a `.git`; last, the
 * directory itself may be bare.
 *
 * @returns `undefined` if there is none, or if the directory does not exist.
 */
export async function findRepository(directory: string): Promise<FoundRepository | undefined> {
  const start = await tryRealPath(directory || ".");
  if (start === undefined || (await tryStat(start))?.isDirectory !== true) return undefined;
  for (let at = start;; at = parentOf(at)) {
    const info = await tryStat(`${at}/.git`);
    if (info?.isDirectory) return await repositoryAt(at, await tryRealPath(`${at}/.git`) ?? `${at}/.git`);
    if (info?.isFile) return await repositoryOfFile(at);
    if (at === parentOf(at)) break;
  }
  return await isGitDirectory(start) ? await repositoryAt(start, start) : undefined;
}

/** Whether a directory has what git requires of a git directory. */
async function isGitDirectory(path: string): Promise<boolean> {
  const [objects, refs, head] = await Promise.all([tryStat(`${path}/objects`), tryStat(`${path}/refs`), headOf(path)]);
  return objects?.isDirectory === true && refs?.isDirectory === true && head !== undefined && HEAD.test(head);
}

/** Returns the directory that an entry of a work tree belongs to; `undefined` if a git directory is no such entry. */
export function repositoryOfEntry(gitDir: string): string | undefined {
  const worktrees = parentOf(gitDir);
  return worktrees.endsWith("/worktrees") ? parentOf(worktrees) : undefined;
}

async function repositoryAt(root: string, gitDir: string): Promise<FoundRepository | undefined> {
  const isValid = await isGitDirectory(gitDir);
  // A damaged one with a `commondir` would lead git elsewhere; that is for the check of trust to say.
  if (!isValid && await tryStat(`${gitDir}/commondir`) === undefined) return undefined;
  return { root, gitDir, commonDir: gitDir, isValid };
}

async function repositoryOfFile(root: string): Promise<FoundRepository | undefined> {
  const target = await gitDirNamedBy(`${root}/.git`);
  if (target === undefined) return undefined;
  const gitDir = await tryRealPath(target.startsWith("/") ? target : `${root}/${target}`);
  if (gitDir === undefined) return undefined;
  const owner = repositoryOfEntry(gitDir);
  if (owner === undefined) return { root, gitDir, commonDir: gitDir, isValid: await isGitDirectory(gitDir) };
  return { root, gitDir, commonDir: owner, isValid: await isGitDirectory(owner) };
}

/** Returns the path that a `.git` file names, as it is written there; `undefined` if the file names none. */
export async function gitDirNamedBy(file: string): Promise<string | undefined> {
  const text = await textOf(file, true);
  return /^gitdir: ([^]+?)[\r\n]*$/.exec(text ?? "")?.[1];
}

/** Reads HEAD; a symlink to a ref counts as its name. */
async function headOf(gitDir: string): Promise<string | undefined> {
  try {
    if ((await Deno.lstat(`${gitDir}/HEAD`)).isSymlink) return `ref: ${await Deno.readLink(`${gitDir}/HEAD`)}`;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
  return await textOf(`${gitDir}/HEAD`);
}

/** Reads a small file; returns `undefined` if it cannot be read or is no small regular file. */
export async function textOf(path: string, followsLinks = false): Promise<string | undefined> {
  try {
    const bytes = await readRegularFile(followsLinks ? await Deno.realPath(path) : path, MAX_FILE_BYTES);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}
