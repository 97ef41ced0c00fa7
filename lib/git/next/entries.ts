/**
 * The entries with which a repository registers its linked work trees, read and removed without git.
 *
 * @module
 */

import { errnoCode } from "../../system/errno.ts";
import { cleanPath } from "../../system/path_text.ts";
import { parentOf } from "../../system/removal.ts";
import { tryRealPath } from "../../system/try_stat.ts";
import { textOf } from "./walk.ts";

/** An entry below `worktrees` in the git directory of a repository. */
export interface WorktreeEntry {
  /** Its name. */
  readonly name: string;
  /** Its path. */
  readonly path: string;
  /** The work tree that it names. */
  readonly tree: string;
  /** Whether the work tree is locked. */
  readonly isLocked: boolean;
}

/**
 * Returns all entries of a repository; one whose `gitdir` cannot be read names no work tree and is left out.
 *
 * @throws {Error} If the directory of the entries cannot be read.
 */
export async function worktreeEntries(commonDir: string): Promise<WorktreeEntry[]> {
  const directory = `${commonDir}/worktrees`;
  const entries: WorktreeEntry[] = [];
  for (const name of await namesIn(directory)) {
    const path = `${directory}/${name}`;
    const file = (await textOf(`${path}/gitdir`))?.replace(/[\r\n]+$/, "");
    if (file === undefined || file === "") continue;
    const gitFile = cleanPath(file.startsWith("/") ? file : `${path}/${file}`);
    if (!gitFile.endsWith("/.git")) continue;
    entries.push({ name, path, tree: parentOf(gitFile), isLocked: await isThere(`${path}/locked`) });
  }
  return entries;
}

/**
 * Returns the entries that name a work tree, as its path is written or resolved.
 *
 * @throws {Error} If the directory of the entries cannot be read.
 */
export async function entriesOf(commonDir: string, tree: string): Promise<WorktreeEntry[]> {
  const names = await spellings(tree);
  const found: WorktreeEntry[] = [];
  for (const entry of await worktreeEntries(commonDir)) {
    const isNamed = names.has(entry.tree) || names.has(await tryRealPath(entry.tree) ?? "");
    if (isNamed) found.push(entry);
  }
  return found;
}

/** Returns the ways to write the path of a directory, even if only its parent exists. */
async function spellings(path: string): Promise<Set<string>> {
  const clean = cleanPath(path);
  const parent = await tryRealPath(parentOf(clean));
  const names = [clean, await tryRealPath(clean), parent === undefined ? undefined : below(parent, clean)];
  return new Set(names.filter((name) => name !== undefined));
}

function below(parent: string, path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return parent === "/" ? `/${name}` : `${parent}/${name}`;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await Array.fromAsync(Deno.readDir(directory), ({ name }) => name);
  } catch (error) {
    if (errnoCode(error) === "ENOENT") return []; // no work tree has ever been linked
    throw error;
  }
}

/** Whether something is at a path; a symlink is not followed. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    const code = errnoCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw error;
  }
}
