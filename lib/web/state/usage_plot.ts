/**
 * Usage by day, as bars.
 *
 * @module
 */

import type { TokenCounts, UsagePart } from "../../projects/types.ts";

/** How many days are shown. */
export const DAYS = 30;
const DAY_MS = 86_400_000;

/** A day in the plot. */
export interface UsageBar {
  /** The day, such as `2026-11-22`. */
  readonly day: string;
  /** What was used; `undefined` if nothing was. */
  readonly part: UsagePart | undefined;
  /** The height, from 0 to 1. */
  readonly height: number;
}

/** How many tokens there are in all. */
export function allTokens({ input, output, cache_read, cache_creation }: TokenCounts): number {
  return input + output + cache_read + cache_creation;
}

/**
 * Returns the last days up to the last one that is known, the oldest first; days without usage are there, too.
 *
 * @param days The usage by day, the oldest first.
 * @param valueOf What is plotted.
 */
export function barsOf(
  days: readonly UsagePart[],
  valueOf: (part: UsagePart) => number,
): readonly UsageBar[] {
  const last = days.at(-1);
  if (last === undefined) return [];
  const byDay = new Map(days.map((part) => [part.key, part]));
  const end = Date.parse(`${last.key}T00:00:00Z`);
  const shown = Array.from(
    { length: DAYS },
    (_, i) => new Date(end - (DAYS - 1 - i) * DAY_MS).toISOString().slice(0, 10),
  );
  const values = shown.map((day) => byDay.get(day)).map((part) => part === undefined ? 0 : valueOf(part));
  const highest = Math.max(...values);
  return shown.map((day, i) => ({
    day,
    part: byDay.get(day),
    height: highest === 0 ? 0 : values[i]! / highest,
  }));
}
