/**
 * Writing the daemon's small files: atomically, and readable by their owner only.
 *
 * @module
 */

import { isMissing } from "./errno.ts";

/** Writes a file of mode 0600 under a temporary name, then renames it into place. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    await Deno.writeTextFile(temporary, text, { createNew: true, mode: 0o600 });
    await Deno.rename(temporary, path);
  } catch (error) {
    await removeIfThere(temporary);
    throw error;
  }
}

/** Removes a file if it exists. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Whether a path exists, whatever its type; a symlink is not followed. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Removes a path if it is a symlink, which another user may have planted where a file of the daemon belongs. */
export async function removeLink(path: string): Promise<void> {
  try {
    if ((await Deno.lstat(path)).isSymlink) await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Removes the temporary files that {@linkcode writePrivateFile} leaves when its program is killed. */
export async function removeTemporaries(path: string): Promise<void> {
  const slash = path.lastIndexOf("/");
  const directory = path.slice(0, slash);
  const pattern = new RegExp(`^${RegExp.escape(path.slice(slash + 1))}\\.[0-9a-f-]{36}$`);
  for await (const { name } of Deno.readDir(directory)) {
    if (pattern.test(name)) await removeIfThere(`${directory}/${name}`);
  }
}
