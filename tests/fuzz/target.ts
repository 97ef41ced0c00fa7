/**
 * What is fuzzed, as the program that does it sees it.
 *
 * @module
 */

/** Something wrong was found; the message says what. */
export class Finding extends Error {
  override name = "Finding";
}

/** Fails unless a condition holds. */
export function expect(condition: boolean, what: () => string): asserts condition {
  if (!condition) throw new Finding(what());
}

/** Something that is fuzzed in rounds; the same seed gives the same round. */
export interface Target extends AsyncDisposable {
  /** How many cases a round has. */
  readonly roundCases: number;
  /** The process whose memory is watched. */
  readonly pid: number;
  /** How much that may grow once it is warm, in bytes. */
  readonly maxGrowth: number;
  /** Runs a round; throws a {@linkcode Finding} or whatever else went wrong. */
  round(seed: number): Promise<void>;
  /** Looks whether all is well in the end, and says so. */
  finish(): Promise<string>;
}
