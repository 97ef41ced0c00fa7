/**
 * Removing what may be gone already.
 *
 * @module
 */

/** Removes a file; whether that works is nobody's business. */
export async function removeQuietly(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    // Somebody else was faster, or it lies where we may read only: the contract has no text for it.
    if (!(error instanceof Error)) throw error;
  }
}
