/**
 * Removing the temporary files of killed installs, and old versions.
 *
 * @module
 */

import type { InstallRules } from "../contract/install_rules.ts";
import { errnoCode } from "../system/errno.ts";
import { removeQuietly } from "../system/remove.ts";
import { tryRealPath } from "../system/try_stat.ts";
import { BLOB_PREFIX, BLOB_SUFFIX, PART_SUFFIX, STAGING_PREFIX } from "./cli_path.ts";
import { removeUnclaimed } from "./file_claim.ts";

/** The ages from which leftovers are removed, in milliseconds. */
type Ages = InstallRules["sweeps"];

/** Returns the age from which an entry is removed, in milliseconds; `undefined` if it is no leftover by its name. */
function leftoverAge(name: string, { staged, blobs, parts }: Ages): number | undefined {
  if (name.startsWith(STAGING_PREFIX)) return staged;
  if (name.startsWith(BLOB_PREFIX) || name.endsWith(BLOB_SUFFIX)) return blobs;
  return name.endsWith(PART_SUFFIX) ? parts : undefined;
}

/** Options of {@linkcode sweep}. */
export interface SweepOptions {
  /** The ages from which leftovers are removed, in milliseconds. */
  readonly ages: Ages;
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Removes staged CLIs and blobs that are old and that no running install uses, with one `unlink` or `rmdir` each.
 *
 * @param cliDir The directory of all versions.
 * @param kept Files that are kept.
 */
export async function sweep(cliDir: string, kept: readonly string[], { ages, now }: SweepOptions): Promise<void> {
  const keptPaths = new Set(await Promise.all(kept.map(tryRealPath)));
  for (const { name } of await entries(cliDir)) {
    const age = leftoverAge(name, ages);
    const path = `${cliDir}/${name}`;
    if (age === undefined || now - await modifiedAt(path) < age) continue;
    const real = await tryRealPath(path);
    if (real === undefined || !keptPaths.has(real)) await removeUnclaimed(path);
  }
}

/**
 * Removes the oldest versions. Temporary files of installs are neither counted nor removed.
 *
 * @param cliDir The directory of all versions.
 * @param keep The number of versions to keep; 0 for all.
 * @param installed A version that is always kept.
 */
export async function prune(cliDir: string, keep: number, installed: string, ages: Ages): Promise<void> {
  if (keep <= 0) return;
  const others: { path: string; modified: number }[] = [];
  for (const { name, isDirectory } of await entries(cliDir)) {
    if (isDirectory || name === installed || leftoverAge(name, ages) !== undefined) continue;
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

async function modifiedAt(path: string): Promise<number> {
  try {
    return (await Deno.lstat(path)).mtime?.getTime() ?? 0;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return 0; // removed by another install in the meantime
  }
}
