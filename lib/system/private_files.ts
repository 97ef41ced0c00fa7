/**
 * Writing the daemon's small files so that nobody ever sees half of one, and nobody else any.
 *
 * @module
 */

/** Writes a file of mode 0600 under a name of its own, then renames it into place. */
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

/** Removes a file; one that is not there is fine. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Whether something is at a path, whatever it is. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/** Removes a symlink, and nothing else: where a file of ours belongs, one was planted. */
export async function removeLink(path: string): Promise<void> {
  try {
    if ((await Deno.lstat(path)).isSymlink) await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Removes what {@linkcode writePrivateFile} left beside a path when its program was killed. */
export async function removeTemporaries(path: string): Promise<void> {
  const slash = path.lastIndexOf("/");
  const directory = path.slice(0, slash);
  const pattern = new RegExp(`^${RegExp.escape(path.slice(slash + 1))}\\.[0-9a-f-]{36}$`);
  for await (const { name } of Deno.readDir(directory)) {
    if (pattern.test(name)) await removeIfThere(`${directory}/${name}`);
  }
}
