/**
 * Claims on the files of a running install, so that the sweep of another install keeps them. A claim is a file lock,
 * which the system releases even if the process is killed.
 *
 * @module
 */

import { errnoCode } from "../system/errno.ts";
import { NotRegularError, type OpenRegularOptions, requireRegular } from "../system/regular_file.ts";
import { removeQuietly } from "../system/remove.ts";

const ATTEMPTS = 20;
const POLL_MS = 1;

/** Claims an open file. On a file system without locks this does nothing. */
export async function claim(file: Deno.FsFile): Promise<void> {
  try {
    // A sweep that checks the file holds the lock for a moment.
    for (let attempt = 0; attempt < ATTEMPTS && !await file.tryLock(false); attempt++) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
  }
}

/**
 * Removes a file or an empty directory, unless a running install has claimed it. The lock is held until the file is
 * removed, so no install can claim it in between.
 */
export async function removeUnclaimed(path: string): Promise<void> {
  using file = await tryOpen(path);
  if (file === undefined || await isFree(file)) await removeQuietly(path);
}

/**
 * Opens a regular file for reading, so that it can be claimed. Only a file of `Deno.open` has locks, and `Deno.open`
 * takes no flags, so it blocks if a FIFO replaces the file after the first check;
 * {@linkcode openRegularFile} in `system/regular_file.ts` never does.
 *
 * @throws {NotRegularError} If the path leads to something else.
 * @throws {Error} If the file cannot be opened.
 */
export async function openForClaim(
  path: string,
  { followsLinks = false }: OpenRegularOptions = {},
): Promise<Deno.FsFile> {
  requireRegular(await (followsLinks ? Deno.stat(path) : Deno.lstat(path)));
  const file = await Deno.open(path, { read: true });
  try {
    requireRegular(await file.stat());
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

async function tryOpen(path: string): Promise<Deno.FsFile | undefined> {
  try {
    return await openForClaim(path);
  } catch (error) {
    if (errnoCode(error) === undefined && !(error instanceof NotRegularError)) throw error;
    return undefined; // no file, gone, or unreadable to this user
  }
}

async function isFree(file: Deno.FsFile): Promise<boolean> {
  try {
    return await file.tryLock(true);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return true; // the file system has no locks
  }
}
