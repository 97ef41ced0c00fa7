/**
 * What processes used in the last minute, as lines.
 *
 * @module
 */

import type { MetricsSample, ProcessMetrics } from "../../remote/types.ts";

/** The width of a line, in its own units. */
export const LINE_WIDTH = 60;
/** The height of a line, in its own units. */
export const LINE_HEIGHT = 18;
/** How many samples a whole line has. */
const SAMPLES = 16;

/** Returns what an instance or a session used, the oldest first. */
export function metricsOf(
  samples: readonly MetricsSample[],
  kind: ProcessMetrics["kind"],
  id: string,
): readonly ProcessMetrics[] {
  return samples.flatMap(({ items }) => items.filter((item) => item.kind === kind && item.id === id));
}

/**
 * Returns the points of a line as SVG takes them; the newest value is at the right.
 *
 * @param least The value that the top stands for at least, so that little noise looks like little.
 */
export function pointsOf(values: readonly number[], least: number): string {
  const highest = Math.max(least, ...values);
  const step = LINE_WIDTH / (SAMPLES - 1);
  return values.slice(-SAMPLES).map((value, i, { length }) => {
    const x = LINE_WIDTH - (length - 1 - i) * step;
    const y = LINE_HEIGHT - 1 - (value / highest) * (LINE_HEIGHT - 2);
    return `${round(x)},${round(y)}`;
  }).join(" ");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
