/**
 * Long work in small steps, with turns of the event loop in between.
 *
 * @module
 */

/**
 * Called after each step of some work. It returns `undefined` while the work may go on, or a promise that settles
 * after a turn of the event loop.
 *
 * @param hasWorked Whether all the time since the last call was spent working. Otherwise a gap between calls counts
 * as a turn of the event loop.
 */
export type Pause = (hasWorked?: boolean) => Promise<void> | undefined;

/** The number of items that are sorted or merged in one step, which takes some milliseconds. */
const STEP_ITEMS = 4096;

/**
 * Sorts items in steps.
 *
 * @param items The items; the array is not modified.
 * @param compare As for `Array.prototype.sort`.
 * @param pause Called after each step.
 * @returns The sorted items. The sort is stable.
 */
export async function sortInTurns<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number,
  pause: Pause,
): Promise<T[]> {
  let runs: T[][] = [];
  for (let at = 0; at < items.length; at += STEP_ITEMS) {
    // The time before the first step was not spent on this work.
    await pause(at > 0);
    runs.push(items.slice(at, at + STEP_ITEMS).sort(compare));
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(await mergeInTurns(runs[i]!, runs[i + 1] ?? [], compare, pause));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

async function mergeInTurns<T>(
  first: readonly T[],
  second: readonly T[],
  compare: (a: T, b: T) => number,
  pause: Pause,
): Promise<T[]> {
  const merged: T[] = [];
  for (let a = 0, b = 0; a < first.length || b < second.length;) {
    const takesFirst = b === second.length || (a < first.length && compare(first[a]!, second[b]!) <= 0);
    merged.push(takesFirst ? first[a++]! : second[b++]!);
    if (merged.length % STEP_ITEMS === 0) await pause(true);
  }
  return merged;
}
