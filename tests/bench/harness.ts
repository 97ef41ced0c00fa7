/**
 * Measuring rows: alternating runs, medians, and the lines of the table.
 *
 * @module
 */

/** A row of the table: a measurement, its limit and its yardstick. */
export interface Row {
  readonly name: string;
  /** The unit of the values. */
  readonly unit: string;
  /** The limit on the ratio of our value to that of the yardstick, or on our value itself. */
  readonly limit: { readonly kind: "atMost" | "atLeast"; readonly value: number; readonly of: "ratio" | "value" };
  /** The program that our value is compared with. */
  readonly yardstick?: { readonly name: string; readonly measure: () => Promise<number> };
  readonly measure: () => Promise<number>;
}

/** The result of a row. */
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

/** What the benchmark exits with: a row that misses its figure is a failure, and so is no row at all. */
export function exitCodeOf(outcomes: readonly Pick<Outcome, "isMet">[], keepsGoing: boolean): number {
  const isFine = outcomes.length > 0 && outcomes.every(({ isMet }) => isMet);
  return isFine || keepsGoing ? 0 : 1;
}

/** Measures a row and its yardstick alternately, `pairs` times after one run as a warm-up. */
export async function runRow(row: Row, pairs: number): Promise<Outcome> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let pair = -1; pair < pairs; pair++) {
    const yardstick = await row.yardstick?.measure();
    const value = await row.measure();
    if (pair < 0) continue;
    if (yardstick !== undefined) theirs.push(yardstick);
    ours.push(value);
  }
  const { kind, value, of } = row.limit;
  const ourMedian = median(ours);
  const theirMedian = theirs.length > 0 ? median(theirs) : undefined;
  const reached = of === "ratio" && theirMedian !== undefined ? ourMedian / theirMedian : ourMedian;
  return {
    name: row.name,
    unit: row.unit,
    ours: ourMedian,
    spread: spread(ours),
    yardstick: row.yardstick?.name ?? "",
    theirs: theirMedian,
    theirSpread: theirMedian === undefined ? undefined : spread(theirs),
    figure: `${kind === "atMost" ? "≤" : "≥"} ${Math.round(value * 100) / 100}${
      of === "ratio" ? " ×" : ` ${row.unit}`
    }`,
    reached,
    isMet: kind === "atMost" ? reached <= value : reached >= value,
  };
}

/** Returns the median. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Returns half the interquartile range, relative to the median. */
function spread(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const quantile = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!;
  return (quantile(0.75) - quantile(0.25)) / 2 / median(values);
}

/** Formats a result as a line of the table. */
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

/** Formats results as a table in Markdown. */
export function formatTable(outcomes: readonly Outcome[]): string {
  const lines = outcomes.map(({ name, unit, ours, yardstick, theirs, figure, reached, isMet }) => {
    const other = theirs === undefined ? "" : `${yardstick}: ${short(theirs)} ${unit}`;
    const result = figure.endsWith("×") ? `${short(reached)} ×` : "";
    const cells = [name, `${short(ours)} ${unit}`, other, result, figure, isMet ? "" : "missed"];
    // A bar in a name would begin another cell.
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return ["| What | Here | Beside it | Ratio | Wanted | |", "| --- | --- | --- | --- | --- | --- |", ...lines].join(
    "\n",
  );
}

function short(n: number): string {
  return n >= 1000 ? Math.round(n).toLocaleString("en") : n >= 100 ? n.toFixed(0) : n.toFixed(n >= 10 ? 1 : 2);
}

/** Returns the duration of work, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
