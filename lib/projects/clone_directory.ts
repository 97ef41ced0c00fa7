/**
 * The directories into which clones go before they are projects: hidden ones beside the projects, which tell whose they
 * are, so that a hub removes what an earlier run of it has left there.
 *
 * @module
 */

import { errnoCode } from "../system/errno.ts";

/** The id of a clone in the name of its directory. */
const NAME = /^\.[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}\.(?<id>[0-9a-f]{32})\.clone$/;
/** What the smallest entry of a directory counts for, in bytes. */
const MIN_ENTRY_BYTES = 1 << 10;
/** How often a directory is removed again to which somebody still writes. */
const REMOVALS = 20;

/** Returns what the ids of all clones of a hub begin with. @param owner What tells hubs apart. */
export async function cloneOwner(owner: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(owner));
  return new Uint8Array(hash, 0, 6).toHex();
}

/** Makes an id for a clone, of 32 hexadecimal digits. */
export function newCloneId(owner: string): string {
  return owner + crypto.getRandomValues(new Uint8Array(10)).toHex();
}

/** The name of the directory of a clone. */
export function cloneDirectory(name: string, id: string): string {
  return `.${name}.${id}.clone`;
}

/** Returns the directories in the root that belong to clones of a hub. */
export async function findClones(root: string, owner: string): Promise<{ id: string; path: string }[]> {
  const found: { id: string; path: string }[] = [];
  for await (const { name, isDirectory } of Deno.readDir(root)) {
    const id = NAME.exec(name)?.groups?.["id"];
    if (isDirectory && id?.startsWith(owner)) found.push({ id, path: `${root}/${name}` });
  }
  return found;
}

/** Removes a directory; tries again while something is still being written there. */
export async function removeClone(path: string, pause: () => Promise<void>): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      if (errnoCode(error) !== "ENOTEMPTY" || attempt >= REMOVALS) throw error;
      await pause();
    }
  }
}

/**
 * Returns how large the files below a directory are, in bytes; nothing of what vanishes meanwhile. Each file and directory
 * counts for 1 KiB at least: a small repository may consist of millions of empty ones.
 */
export async function sizeOf(path: string, signal: AbortSignal): Promise<number> {
  let size = 0;
  try {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      if (signal.aborted) return size;
      const entry = `${path}/${name}`;
      if (isDirectory) size += MIN_ENTRY_BYTES + await sizeOf(entry, signal);
      else size += Math.max((await Deno.lstat(entry)).size, MIN_ENTRY_BYTES);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return size;
}
