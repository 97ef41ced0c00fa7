/**
 * Finds out whether a directory can be written.
 *
 * @module
 */

import { errnoCode, errnoText } from "./errno.ts";
import { removeQuietly } from "./remove.ts";

/** How much is written to find out whether there is room, in bytes. */
const PROBE_BYTES = 64 << 10;

/**
 * Writes a file into a directory and removes it: the mode alone does not tell of a full disk or of a file system that is
 * read-only.
 *
 * @returns Why that fails; `undefined` if it does not.
 */
export async function writeProblem(directory: string): Promise<string | undefined> {
  const path = `${directory}/.doctor-${crypto.randomUUID()}`;
  try {
    await Deno.writeFile(path, new Uint8Array(PROBE_BYTES), { createNew: true, mode: 0o600 });
    return undefined;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return errnoText(error);
  } finally {
    await removeQuietly(path);
  }
}
