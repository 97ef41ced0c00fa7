/**
 * What all rows share: alternating runs, medians, the table.
 *
 * @module
 */

/** One thing that is measured; smaller is better unless the row says otherwise. */
export interface Row {
  readonly name: string;
  /** What stands beside a value. */
  readonly unit: string;
  /** How the figure is judged: the ratio ours / yardstick, or our value itself. */
  readonly limit: { readonly kind: "atMost" | "atLeast"; readonly value: number; readonly of: "ratio" | "value" };
  /** What it is measured against. */
  readonly yardstick?: { readonly name: string; readonly measure: () => Promise<number> };
  readonly measure: () => Promise<number>;
}

/** What came of a row. */
export interface Outcome {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly spread: number;
  readonly yardstick: string;
  readonly theirs: number | undefined;
  readonly theirSpread: number | undefined;
  readonly figure: string;
  readonly reached: number;
  readonly isMet: boolean;
}

/** Runs a row and its yardstick in turn, `pairs` times after one run that does not count. */
export async function runRow(row: Row, pairs: number): Promise<Outcome> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let pair = -1; pair < pairs; pair++) {
    const yardstick = await row.yardstick?.measure();
    const own = await row.measure();
    if (pair < 0) continue;
    if (yardstick !== undefined) theirs.push(yardstick);
    ours.push(own);
  }
  const { kind, value, of } = row.limit;
  const own = median(ours);
  const other = theirs.length > 0 ? median(theirs) : undefined;
  const reached = of === "ratio" && other !== undefined ? own / other : own;
  return {
    name: row.name,
    unit: row.unit,
    ours: own,
    spread: spread(ours),
    yardstick: row.yardstick?.name ?? "",
    theirs: other,
    theirSpread: other === undefined ? undefined : spread(theirs),
    figure: `${kind === "atMost" ? "≤" : "≥"} ${Math.round(value * 100) / 100}${
      of === "ratio" ? " ×" : ` ${row.unit}`
    }`,
    reached,
    isMet: kind === "atMost" ? reached <= value : reached >= value,
  };
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Half the distance between the quartiles, as a share of the median. */
function spread(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return (at(0.75) - at(0.25)) / 2 / median(values);
}

/** One line of the table. */
export function formatOutcome(outcome: Outcome): string {
  const { name, unit, ours, spread, yardstick, theirs, theirSpread, figure, reached, isMet } = outcome;
  const value = (n: number, s: number) => `${short(n)} ${unit} ±${Math.round(s * 100)} %`;
  const other = theirs === undefined || theirSpread === undefined ? "" : `${yardstick}: ${value(theirs, theirSpread)}`;
  return [
    name.padEnd(44),
    value(ours, spread).padEnd(24),
    other.padEnd(52),
    short(reached).padStart(7),
    figure.padEnd(12),
    isMet ? "ok" : "MISSED",
  ].join("  ");
}

function short(n: number): string {
  return n >= 1000 ? Math.round(n).toLocaleString("en") : n >= 100 ? n.toFixed(0) : n.toFixed(n >= 10 ? 1 : 2);
}

/** How long work takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
