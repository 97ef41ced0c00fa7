/**
 * What operations return that have nothing to tell.
 *
 * @module
 */

/** The result of an operation that returns nothing else. */
export interface Done {
  /** Always true. */
  readonly ok: true;
}
