/**
 * Where a repository lies: its git directory and its work trees, read from its files. No git is needed, so
 * it is known also where git refuses to work.
 *
 * @module
 */

import { errnoCode } from "../system/errno.ts";
import { kernelPath, parentOf } from "../system/removal.ts";
import { readRegularFile } from "../system/regular_file.ts";

/** What a directory is to git. */
export type Mark =
  /** Nothing of its own; it may lie in a work tree. */
  | { readonly kind: "none" }
  /** The main work tree of a repository, or a repository without one. */
  | { readonly kind: "main"; readonly gitDir: string }
  /** A linked work tree, or what is left of one. */
  | { readonly kind: "linked"; readonly gitDir: string; readonly commonDir: string };

/** Where a repository and its work trees lie; all paths are absolute and resolved. */
export interface RepositoryLayout {
  /** The git directory that all work trees share. */
  readonly commonDir: string;
  /** The main work tree, and the one that was asked about. */
  readonly ownTrees: readonly string[];
  /** The linked work trees that the repository knows of, also those that are gone. */
  readonly linkedTrees: readonly string[];
}

/** More than a path and the words around it take, in bytes. */
const MAX_FILE_BYTES = 64 << 10;
const NONE: Mark = { kind: "none" };

/** Finds the repository that a directory belongs to, as git does, by looking upwards. */
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

/** Tells what a directory is to git by what lies in it. */
export async function markOf(directory: string): Promise<Mark> {
  const path = `${directory}/.git`;
  const info = await infoOf(path);
  if (info === undefined) return await isBare(directory) ? { kind: "main", gitDir: directory } : NONE;
  const git = await kernelPath(path);
  if (info.isDirectory) return { kind: "main", gitDir: git };
  const target = /^gitdir: (.+)$/s.exec(await lineOf(git) ?? "")?.[1];
  return target === undefined ? NONE : await markBehind(await resolveFrom(directory, target));
}

/** What a directory is whose `.git` is a file that names a git directory. */
async function markBehind(gitDir: string): Promise<Mark> {
  const common = await lineOf(`${gitDir}/commondir`);
  if (common !== undefined) return { kind: "linked", gitDir, commonDir: await resolveFrom(gitDir, common) };
  if (await infoOf(gitDir) !== undefined) return { kind: "main", gitDir };
  const worktrees = parentOf(gitDir);
  // Git has forgotten the work tree; its directory is still there.
  return worktrees.endsWith("/worktrees") ? { kind: "linked", gitDir, commonDir: parentOf(worktrees) } : NONE;
}

async function isBare(directory: string): Promise<boolean> {
  const [head, ...rest] = await Promise.all(["HEAD", "objects", "refs"].map((name) => infoOf(`${directory}/${name}`)));
  return head !== undefined && rest.every((info) => info?.isDirectory === true);
}

/** The work trees that the repository has registered. */
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
    return []; // no work tree was ever linked
  }
}

function resolveFrom(directory: string, path: string): Promise<string> {
  return kernelPath(path.startsWith("/") ? path : `${directory}/${path}`);
}

/** The line of a small file that holds nothing else; `undefined` when there is no such file. */
async function lineOf(path: string): Promise<string | undefined> {
  try {
    const bytes = await readRegularFile(path, MAX_FILE_BYTES);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes).replace(/[\r\n]+$/, "");
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}

/** What is known of a file, through symlinks; `undefined` when it is not there, or not to be seen. */
async function infoOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}
