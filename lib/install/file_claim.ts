/**
 * Files that an install works with, marked so that another one's sweep leaves them alone: a lock
 * goes with its holder, however that ends.
 *
 * @module
 */

import { errnoCode } from "../system/errno.ts";

const ATTEMPTS = 20;
const POLL_MS = 1;

/** Marks an open file as being used. A file system without locks has no marks; everything else works. */
export async function claim(file: Deno.FsFile): Promise<void> {
  try {
    // Somebody who only looks whether it is in use has it for a moment.
    for (let attempt = 0; attempt < ATTEMPTS && !await file.tryLock(false); attempt++) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
  }
}

/** Whether an install that still runs uses a file. */
export async function isClaimed(path: string): Promise<boolean> {
  try {
    // Opening anything but a file may wait for ever, or do something.
    if (!(await Deno.lstat(path)).isFile) return false;
    using file = await Deno.open(path, { read: true });
    return !await file.tryLock(true);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return false; // gone, not ours to read, or on a file system without locks
  }
}
