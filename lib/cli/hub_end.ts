/**
 * Waiting for the end of a hub.
 *
 * @module
 */

import type { HubPaths } from "../hub/hub_paths.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { isLockHeld } from "../system/lock_file.ts";

/** How long the hub may take to end, in milliseconds. */
const END_MS = 10_000;
const POLL_MS = 10;

/**
 * Waits until no hub uses a state directory any more.
 *
 * @param pid The hub's process id, if it is known.
 * @throws {ClaustrumError} If it does not end in time.
 */
export async function waitUntilStopped({ lock }: HubPaths, pid?: number): Promise<void> {
  const deadline = performance.now() + END_MS;
  while (await isLockHeld(lock)) {
    if (performance.now() > deadline) {
      throw new ClaustrumError(`the hub has not stopped yet${pid === undefined ? "" : `: kill ${pid} ends it`}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
