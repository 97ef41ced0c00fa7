/**
 * Copies files from a repository to a new work tree in addition to its commit: `.claude/` and the ignored files that
 * `.worktreeinclude` names. Files that cannot be copied are skipped (contract: Git methods).
 *
 * All names are listed before the first file is copied, and files inside other work trees are skipped: the new work
 * tree may itself be inside `.claude/`, like earlier ones.
 *
 * @module
 */

import { decodeUtf8 } from "../system/utf8.ts";
import { errnoCode } from "../system/errno.ts";
import { writeAll } from "../system/io.ts";
import { tryOpenRegularFile } from "../system/regular_file.ts";
import { tryLstat, tryStat } from "../system/try_stat.ts";
import { type GitOptions, runSafeGit } from "./run_git.ts";

const SETTINGS = ".claude";
const INCLUDE_LIST = ".worktreeinclude";
/** The most files that are copied; further ones are skipped. */
const MAX_FILES = 200_000;
/** The most bytes that are copied in total; files that would exceed it are skipped. */
const MAX_BYTES = 4 * 2 ** 30;
const CHUNK_BYTES = 256 << 10;

/** Copies the files that a new work tree gets from its repository. */
export async function seedWorktree(
  repo: string,
  worktree: string,
  limits: Omit<GitOptions, "directory">,
): Promise<void> {
  await bestEffort(async () => {
    const from = await Deno.realPath(repo);
    const names = [...await settingsFiles(from, isWorktrees), ...await includedFiles(from, limits)];
    await copyFiles({ from, to: worktree, names });
  });
}

/** Whether a path below the repository is where work trees of sessions are kept, or is in there. */
function isWorktrees(name: string): boolean {
  return `${name}/`.startsWith(`${SETTINGS}/worktrees/`);
}

/** The files to copy. */
export interface CopySpec {
  /** The directory that has them; no symlink leads to it. */
  readonly from: string;
  /** The directory that gets them. */
  readonly to: string;
  /** Their names in both. */
  readonly names: readonly string[];
  /** Polled between files; copying stops once it returns `true`. @default {() => false} */
  readonly isOver?: () => boolean;
}

/** Copies files, without following a symlink on either side. Files that cannot be copied are skipped. */
export async function copyFiles({ from, to, names, isOver = () => false }: CopySpec): Promise<void> {
  await bestEffort(async () => {
    const copier = new Copier(from, await Deno.realPath(to));
    for (const name of new Set(names.slice(0, MAX_FILES))) {
      if (isOver()) return;
      await bestEffort(() => copier.copy(name));
    }
  });
}

/** Ignores errors of the operating system; any other error is a bug and is thrown. */
async function bestEffort(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
  }
}

/**
 * Lists the files in `.claude/`, except those inside work trees.
 *
 * @param isSkipped Whether a path is left out, with everything in it.
 */
export async function settingsFiles(repo: string, isSkipped: (name: string) => boolean): Promise<string[]> {
  const files: string[] = [];
  const directories = [SETTINGS];
  const seen = new Set<string>();
  for (let name = directories.pop(); name !== undefined && files.length < MAX_FILES; name = directories.pop()) {
    const info = await tryLstat(`${repo}/${name}`);
    const identity = info?.ino ? `${info.dev}:${info.ino}` : name;
    // A directory that is mounted inside itself would never end.
    if (info?.isDirectory !== true || seen.has(identity)) continue;
    seen.add(identity);
    const entries = await entriesOf(`${repo}/${name}`);
    if (entries.some((entry) => entry.name === ".git")) continue;
    for (const entry of entries) {
      const path = `${name}/${entry.name}`;
      if (isSkipped(path)) continue;
      if (entry.isDirectory) directories.push(path);
      else if (entry.isFile) files.push(path);
    }
  }
  return files;
}

async function entriesOf(directory: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(directory));
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return []; // removed or unreadable
  }
}

/** Lists the ignored files that `.worktreeinclude` names, except those inside other work trees. */
async function includedFiles(repo: string, limits: Omit<GitOptions, "directory">): Promise<string[]> {
  if (!await isFile(`${repo}/${INCLUDE_LIST}`)) return [];
  const args = ["ls-files", "--others", "--ignored", `--exclude-from=${INCLUDE_LIST}`];
  const { isOk, stdout } = await runSafeGit(args, { ...limits, directory: repo });
  if (!isOk) return [];
  // Git quotes unusual names, which are skipped.
  const names = decodeUtf8(stdout).split("\n").filter((name) => name !== "" && !name.startsWith('"'));
  return await withoutTrees(repo, names.filter((name) => !isWorktrees(name)));
}

/** Returns those of the files that are not inside another work tree. */
export async function withoutTrees(repo: string, names: readonly string[]): Promise<string[]> {
  const trees = new TreeFinder(repo);
  const files: string[] = [];
  for (const name of names.slice(0, MAX_FILES)) if (!await trees.isInTree(name)) files.push(name);
  return files;
}

/** Returns the name of the list of files to include; `undefined` if the repository has none. */
export async function includeList(repo: string): Promise<string | undefined> {
  return await isFile(`${repo}/${INCLUDE_LIST}`) ? INCLUDE_LIST : undefined;
}

/** Whether git can read a list of names from a path; with a FIFO it would block. */
async function isFile(path: string): Promise<boolean> {
  return (await tryStat(path))?.isFile === true;
}

/** Finds out which files of a repository are inside another work tree. */
class TreeFinder {
  readonly #root: string;
  readonly #known = new Map<string, boolean>([["", false]]);

  constructor(root: string) {
    this.#root = root;
  }

  /** Whether a file, named relative to the root, is inside a directory that has a `.git`. */
  async isInTree(name: string): Promise<boolean> {
    const directory = name.slice(0, Math.max(0, name.lastIndexOf("/")));
    const known = this.#known.get(directory);
    if (known !== undefined) return known;
    const isIn = await tryLstat(`${this.#root}/${directory}/.git`) !== undefined || await this.isInTree(directory);
    this.#known.set(directory, isIn);
    return isIn;
  }
}

/** Copies files from one directory to the same relative paths in another. */
class Copier {
  readonly #from: string;
  readonly #to: string;
  readonly #buffer = new Uint8Array(CHUNK_BYTES);
  #left = MAX_BYTES;

  constructor(from: string, to: string) {
    this.#from = from;
    this.#to = to;
  }

  /** Copies a regular file; symlinks are not followed on either side. */
  async copy(name: string): Promise<void> {
    await using source = await tryOpenRegularFile(`${this.#from}/${name}`);
    if (source === undefined || source.size > this.#left) return;
    await makeParents(this.#to, name);
    const target = `${this.#to}/${name}`;
    const old = await tryLstat(target);
    // Opening anything but a file may block or write to another place.
    if (old !== undefined && !old.isFile) return;
    const how = old === undefined ? { createNew: true } : { truncate: true };
    using sink = await Deno.open(target, { write: true, mode: 0o666, ...how });
    // A file that grows in the meantime is copied up to its initial size.
    for (let left = source.size; left > 0;) {
      const n = await source.read(this.#buffer.subarray(0, Math.min(left, CHUNK_BYTES)));
      if (n === null) return;
      await writeAll(sink, this.#buffer.subarray(0, n));
      left -= n;
      this.#left -= n;
    }
  }
}

async function makeParents(root: string, name: string): Promise<void> {
  const parts = name.split("/").slice(0, -1);
  let path = root;
  for (const part of parts) {
    path += `/${part}`;
    try {
      await Deno.mkdir(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      const info = await tryLstat(path);
      if (info?.isSymlink === true) throw new Deno.errors.FilesystemLoop(`will not copy through the symlink ${path}`);
    }
  }
}
