/**
 * The processes that hold a file lock, as the system reports them.
 *
 * @module
 */

import { readProc } from "../../system/proc_linux.ts";

/** `1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF`; some kernels put `->` before processes that wait. */
const LOCK_LINE = /^\d+: (?:FLOCK|POSIX|OFDLCK) +\S+ +\S+ +(\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /gm;

/**
 * Returns the ids of the processes that hold a lock on a file.
 *
 * @param inode The inode of the file.
 * @returns `undefined` where the system does not report them.
 */
export async function lockOwners(inode: number | null): Promise<Set<number> | undefined> {
  if (inode === null) return undefined;
  const text = await readProc("/proc/locks");
  return text === undefined ? undefined : parseLockOwners(text, inode);
}

/** Parses the system's list of locks. */
export function parseLockOwners(text: string, inode: number): Set<number> {
  const owners = new Set<number>();
  for (const [, pid, file] of text.matchAll(LOCK_LINE)) if (Number(file) === inode) owners.add(Number(pid));
  return owners;
}
