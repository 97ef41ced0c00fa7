/**
 * The result of a git command.
 *
 * @module
 */

/** The result of a git command. */
export interface GitResult {
  /** Whether git exited with 0. */
  readonly isOk: boolean;
  /** Go's text of a failure, like `exit status 128` or `signal: killed`; empty if git exited with 0. */
  readonly failure: string;
  /** Whether git was killed because it took too long. */
  readonly timedOut: boolean;
  /** The output on stdout, without trailing newlines. */
  readonly stdout: Uint8Array;
  /** The output on stderr, without trailing newlines. */
  readonly stderr: Uint8Array;
}
