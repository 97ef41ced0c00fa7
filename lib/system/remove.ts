/**
 * Removing what may be gone already.
 *
 * @module
 */

import { errnoCode } from "./errno.ts";

/** Removes a file where that is possible; what the system has against it is nobody's business. */
export async function removeQuietly(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    // Somebody else was faster, or it lies where we may read only.
    if (errnoCode(error) === undefined) throw error;
  }
}
