/**
 * Tells whether two things take the same time.
 *
 * @module
 */

/** Above this many standard errors, a difference is no chance: without one it happens once in two million times. */
const CLEAR_T = 5;
/** A smaller difference is none of the program's, in parts of the time. */
const LEAST_DIFFERENCE = 0.01;
/** With a difference of so many standard errors, one of {@linkcode CLEAR_T} is found 99 times in 100. */
const SURE_T = CLEAR_T + 2.33;
/** Slower samples are left out: then something else had the processor. */
const CROPPED = 0.5;

/** What a comparison says. */
export interface Verdict {
  /** The difference in standard errors: Welch's t. */
  readonly t: number;
  /** How much longer the second takes, in parts of the time of the first. */
  readonly difference: number;
  /** The difference that would be found 99 times in 100, in parts of the time of the first. */
  readonly power: number;
  /** Whether there is a difference without doubt. */
  readonly isClear: boolean;
}

/** Compares two lists of times. */
export function compareTimes(first: readonly number[], second: readonly number[]): Verdict {
  const limit = [...first, ...second].sort((a, b) => a - b)[Math.floor((first.length + second.length) * CROPPED)]!;
  const [a, b] = [first, second].map((times) => summary(times.filter((time) => time <= limit))) as [Summary, Summary];
  const standardError = Math.sqrt(a.error + b.error);
  const t = (b.mean - a.mean) / standardError;
  const difference = (b.mean - a.mean) / a.mean;
  const isClear = Math.abs(t) > CLEAR_T && Math.abs(difference) > LEAST_DIFFERENCE;
  return { t, difference, power: SURE_T * standardError / a.mean, isClear };
}

interface Summary {
  readonly mean: number;
  /** The square of the standard error of the mean. */
  readonly error: number;
}

function summary(values: readonly number[]): Summary {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: squares / (values.length - 1) / values.length };
}
