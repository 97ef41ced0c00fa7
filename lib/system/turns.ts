/**
 * Long work in small steps, so that others have their turn in between.
 *
 * @module
 */

/**
 * Called after each step: gives `undefined` while work may go on, then a promise that settles when
 * others had their turn.
 *
 * @param hasWorked Whether all the time since the last call was work. Otherwise a gap counts as
 * others' turn.
 */
export type Pause = (hasWorked?: boolean) => Promise<void> | undefined;

/** So many items are sorted, or merged, in one step: some milliseconds. */
const STEP_ITEMS = 4096;

/**
 * Sorts in steps.
 *
 * @param items Stays as it is.
 * @param compare As for `Array.prototype.sort`.
 * @param pause Called after each step.
 * @returns The items in order; those that compare as equal stay in the order they had.
 */
export async function sortInTurns<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number,
  pause: Pause,
): Promise<T[]> {
  let runs: T[][] = [];
  for (let at = 0; at < items.length; at += STEP_ITEMS) {
    // What came before the first step was somebody else's work, or none.
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
