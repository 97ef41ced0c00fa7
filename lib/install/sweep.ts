/**
 * Removing the temporary files of killed installs, and old versions.
 *
 * @module
 */

import { errnoCode } from "../system/errno.ts";
import { removeQuietly } from "../system/remove.ts";
import { BLOB_PREFIX, BLOB_SUFFIX, STAGING_PREFIX } from "./cli_path.ts";
import { removeUnclaimed } from "./file_claim.ts";

/** Whether a name is that of an install's temporary file; versions must not have such names. */
function isTemporary(name: string): boolean {
  return name.startsWith(STAGING_PREFIX) || name.startsWith(BLOB_PREFIX) || name.endsWith(BLOB_SUFFIX);
}

/**
 * Removes staged CLIs and blobs that no running install uses, with one `unlink` or `rmdir` each.
 *
 * @param cliDir The directory of all versions.
 * @param kept A blob that is kept.
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
 * Removes the oldest versions. Temporary files of installs are neither counted nor removed.
 *
 * @param cliDir The directory of all versions.
 * @param keep The number of versions to keep; 0 for all.
 * @param installed A version that is always kept.
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
    return 0; // removed by another install in the meantime
  }
}
