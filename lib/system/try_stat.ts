/**
 * Looking at what a path leads to, for callers that expect that there may be nothing.
 *
 * @module
 */

import { errnoCode, isMissing } from "./errno.ts";

/** Returns facts about a file, following symlinks; `undefined` if it does not exist or cannot be inspected. */
export async function tryStat(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}

/** Returns facts about a file or a symlink; `undefined` if it does not exist or cannot be inspected. */
export async function tryLstat(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}

/**
 * Returns facts about a file, following symlinks; `undefined` if it does not exist.
 *
 * @throws {Error} If it cannot be inspected.
 */
export async function statIfThere(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Returns the path without symlinks; `undefined` if it does not exist or cannot be inspected. */
export async function tryRealPath(path: string): Promise<string | undefined> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}
