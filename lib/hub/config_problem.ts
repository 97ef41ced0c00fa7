/**
 * What is wrong with a value of the configuration, beyond its type.
 *
 * @module
 */

/** A value that cannot be used. */
export interface ConfigProblem {
  /** The position in the list that it is about, from 0; absent for a value that is no list. */
  readonly index?: number;
  /** The member of the table that it is about; absent for the value itself. */
  readonly member?: string;
  /** What is wrong: the rest of a sentence that begins with the key. It contains no secret. */
  readonly text: string;
}
