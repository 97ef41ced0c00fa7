/**
 * Removing files that another process may have removed already.
 *
 * @module
 */

import { errnoCode } from "./errno.ts";

/** Removes a file or an empty directory; a refusal by the system is ignored. */
export async function removeQuietly(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    // Another process was faster, or the directory is read-only.
    if (errnoCode(error) === undefined) throw error;
  }
}
