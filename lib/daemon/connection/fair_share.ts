/**
 * Fairness between streams and requests: work that always completes at once would keep the event
 * loop from looking at other connections (contract: Memory and fairness).
 *
 * @module
 */

import type { Pause } from "../../system/turns.ts";

/** How long stream work may go on before others have their turn, in milliseconds. */
const SLICE_MS = 5;
/** Work that begins after such a gap begins a new slice, in milliseconds: others had their turn in it. */
const GAP_MS = 0.5;
/** Turns of the event loop that give every other connection a chance to be served. */
const TURNS = 64;

/**
 * Makes a pause that takes effect now and then: `undefined` while the slice lasts, then a promise
 * that settles when others had their turn. All users of one share pause together.
 */
export function fairShare(): Pause {
  let isWarm = false;
  let begun = 0;
  let last = 0;
  let pausing: Promise<void> | undefined;
  return (hasWorked = false) => {
    if (pausing !== undefined) return pausing;
    if (!isWarm) {
      // The runtime's first turn of this kind takes milliseconds: not in the middle of a stream.
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
