/**
 * What processes use of the machine.
 *
 * @module
 */

/** What a process and its descendants use. */
export interface ProcessUsage {
  /** The processor time so far, in milliseconds. */
  readonly cpuMs: number;
  /** The resident memory, in bytes; memory that they share counts several times. */
  readonly memoryBytes: number;
}
