/**
 * Fairness between streams and requests: work that always completes at once would keep the event loop from serving
 * other connections (contract: Memory and fairness).
 *
 * @module
 */

import type { Pause } from "../../system/turns.ts";

/** How long stream work may go on before other connections have their turn, in milliseconds. */
const SLICE_MS = 5;
/** Work after a gap of this length begins a new slice, in milliseconds: other connections had their turn in the gap. */
const GAP_MS = 0.5;
/** How many turns of the event loop give every other connection a chance to be served. */
const TURNS = 64;

/**
 * Returns a function that says when to pause: it returns `undefined` during a slice, and then a promise that settles
 * when other connections had their turn. All users of one function pause together.
 */
export function fairShare(): Pause {
  let isWarm = false;
  let begun = 0;
  let last = 0;
  let pausing: Promise<void> | undefined;
  return (hasWorked = false) => {
    if (pausing !== undefined) return pausing;
    if (!isWarm) {
      // The first turn of this kind takes milliseconds, so it should not happen in the middle of a stream.
      isWarm = true;
      setImmediate(() => {});
    }
    const now = performance.now();
    if (!hasWorked && now - last > GAP_MS) begun = now;
    last = now;
    if (now - begun < SLICE_MS) return undefined;
    pausing = letOthersRun().then(() => {
      pausing = undefined;
      last = 0;
    });
    return pausing;
  };
}

async function letOthersRun(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
