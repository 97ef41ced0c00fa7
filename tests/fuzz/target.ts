/**
 * The interface of a fuzz target.
 *
 * @module
 */

/** The fuzzer found an error, which the message describes. */
export class Finding extends Error {
  override name = "Finding";
}

/** Throws a {@linkcode Finding} unless a condition holds. */
export function expect(condition: boolean, what: () => string): asserts condition {
  if (!condition) throw new Finding(what());
}

/** A target that is fuzzed in rounds; the same seed results in the same round. */
export interface Target extends AsyncDisposable {
  /** The number of cases in a round. */
  readonly roundCases: number;
  /** The number of cases of a run that does not say how many. @default {200,000} */
  readonly defaultCases?: number;
  /** The process whose memory is watched. */
  readonly pid: number;
  /** How much that memory may grow after the warm-up, in bytes. */
  readonly maxGrowth: number;
  /** Runs a round; throws a {@linkcode Finding} or any other error. */
  round(seed: number): Promise<void>;
  /** Checks the state at the end and returns a summary. */
  finish(): Promise<string>;
}
