/**
 * Who holds a lock, as the system tells.
 *
 * @module
 */

import { errnoCode } from "../../system/errno.ts";

/** `1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF`; some kernels put `->` before those that wait. */
const LOCK_LINE = /^\d+: (?:FLOCK|POSIX|OFDLCK) +\S+ +\S+ +(\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /gm;

/**
 * The processes that hold a lock on a file.
 *
 * @param inode The file.
 * @returns `undefined` where the system does not tell.
 */
export async function lockOwners(inode: number | null): Promise<Set<number> | undefined> {
  if (Deno.build.os !== "linux" || inode === null) return undefined;
  const text = await readLocks();
  return text === undefined ? undefined : parseLockOwners(text, inode);
}

/** Reads the system's list of locks. */
export function parseLockOwners(text: string, inode: number): Set<number> {
  const owners = new Set<number>();
  for (const [, pid, file] of text.matchAll(LOCK_LINE)) if (Number(file) === inode) owners.add(Number(pid));
  return owners;
}

/** A narrowed runtime may not read it, but a child may. */
async function readLocks(): Promise<string | undefined> {
  try {
    const command = new Deno.Command("/bin/cat", { args: ["/proc/locks"], stdin: "null", stderr: "null" });
    const { success, stdout } = await command.output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}
