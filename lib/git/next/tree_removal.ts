/**
 * Removing a work tree without git: its files, then its `.git`, then its entry in the repository (contract: Git methods
 * of next).
 *
 * @module
 */

import { errnoCode, errnoText } from "../../system/errno.ts";
import { parentOf, ReplacedError } from "../../system/removal.ts";
import type { WorktreeEntry } from "./entries.ts";

/** A file or directory could not be removed. */
export interface RemovalFailure {
  /** Its name in the directory. */
  readonly name: string;
  /** Why. */
  readonly reason: string;
}

/** Removes a work tree; `.git` goes last, so that a tree that is left is still one. No symlink is followed. */
export async function removeTree(path: string): Promise<RemovalFailure | undefined> {
  const failure = await removeContents(path);
  if (failure !== undefined) return failure;
  return await removeEntry(parentOf(path), path.slice(path.lastIndexOf("/") + 1));
}

/** Removes everything in a directory, `.git` last. */
export async function removeContents(path: string): Promise<RemovalFailure | undefined> {
  let names: string[];
  try {
    if (!(await Deno.lstat(path)).isDirectory) return undefined;
    if (await Deno.realPath(path) !== path) throw new ReplacedError(path);
    names = await Array.fromAsync(Deno.readDir(path), ({ name }) => name);
  } catch (error) {
    if (errnoCode(error) === "ENOENT") return undefined;
    return { name: path.slice(path.lastIndexOf("/") + 1), reason: errnoText(error) };
  }
  const others = names.filter((name) => name !== ".git");
  for (const name of [...others, ...(others.length === names.length ? [] : [".git"])]) {
    const failure = await removeEntry(path, name);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** Removes the entry of a work tree. */
export async function removeRegistration({ path, name }: WorktreeEntry): Promise<RemovalFailure | undefined> {
  return await removeEntry(parentOf(path), name);
}

async function removeEntry(directory: string, name: string): Promise<RemovalFailure | undefined> {
  try {
    await Deno.remove(directory === "/" ? `/${name}` : `${directory}/${name}`, { recursive: true });
  } catch (error) {
    if (errnoCode(error) === "ENOENT") return undefined;
    if (errnoCode(error) === undefined && !(error instanceof ReplacedError)) throw error;
    return { name, reason: errnoText(error) };
  }
  return undefined;
}
