/**
 * What installs leave behind when they are killed, and versions nobody wants any more.
 *
 * @module
 */

import { errnoCode } from "../system/errno.ts";
import { removeQuietly } from "../system/remove.ts";
import { BLOB_PREFIX, BLOB_SUFFIX, STAGING_PREFIX } from "./cli_path.ts";
import { removeUnclaimed } from "./file_claim.ts";

/** Whether a name is that of a file that an install works with. No version may be called so. */
function isTemporary(name: string): boolean {
  return name.startsWith(STAGING_PREFIX) || name.startsWith(BLOB_PREFIX) || name.endsWith(BLOB_SUFFIX);
}

/**
 * Removes staged CLIs and blobs that no running install uses, one unlink or rmdir each.
 *
 * @param cliDir The directory.
 * @param kept A blob that stays.
 */
export async function sweep(cliDir: string, kept: string | undefined): Promise<void> {
  const keptPath = kept === undefined ? undefined : await realPath(kept);
  for (const { name } of await entries(cliDir)) {
    if (!isTemporary(name)) continue;
    const path = `${cliDir}/${name}`;
    if (keptPath !== undefined && await realPath(path) === keptPath) continue;
    await removeUnclaimed(path);
  }
}

/**
 * Removes the oldest versions. What an install works with is no version: it neither counts nor goes.
 *
 * @param cliDir The directory.
 * @param keep How many stay; 0 for all.
 * @param installed The one that stays in any case.
 */
export async function prune(cliDir: string, keep: number, installed: string): Promise<void> {
  if (keep <= 0) return;
  const others: { path: string; modified: number }[] = [];
  for (const { name, isDirectory } of await entries(cliDir)) {
    if (isDirectory || name === installed || isTemporary(name)) continue;
    const path = `${cliDir}/${name}`;
    others.push({ path, modified: await modifiedAt(path) });
  }
  others.sort((a, b) => b.modified - a.modified);
  for (const { path } of others.slice(keep - 1)) await removeQuietly(path);
}

async function entries(directory: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(directory));
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return []; // no directory, nothing to remove
  }
}

async function realPath(path: string): Promise<string | undefined> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}

async function modifiedAt(path: string): Promise<number> {
  try {
    return (await Deno.lstat(path)).mtime?.getTime() ?? 0;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return 0; // removed meanwhile by another install
  }
}
