/**
 * What a client may have to catch.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";

/** The daemon answered with an error. */
export class RpcCallError extends ClaustrumError {
  /** The contract's code, like -32602. */
  readonly code: number;
  /** The method that was called. */
  readonly method: string;

  /** Made from the error reply. */
  constructor(method: string, code: number, message: string) {
    super(message);
    this.code = code;
    this.method = method;
  }
}

/** The connection was lost before the answer came: whether the request took effect is not known. */
export class ConnectionLostError extends ClaustrumError {}

/** The daemon cannot be reached any more; the message says why. */
export class DaemonGoneError extends ClaustrumError {}

/** The token that a daemon leaves beside its socket cannot be read. */
export class TokenFileError extends ClaustrumError {
  /** The file. */
  readonly path: string;

  /** Says what is wrong with the file. */
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`cannot read the token in ${path}: ${problem}`, options);
    this.path = path;
  }
}

/** The daemon knows a process no more: it ended long ago, or with the daemon that had it. */
export class ProcessLostError extends ClaustrumError {}

/** Another client writes to the stdin of the same process; bytes of this client that were not written are refused. */
export class StdinConflictError extends ClaustrumError {
  /** Names the process. */
  constructor(id: string, options?: ErrorOptions) {
    super(`another client writes to the stdin of process "${id}": let only one client write`, options);
  }
}

/** A short command printed more, or took longer, than it may; the message names the limit. */
export class CommandLimitError extends ClaustrumError {}

/** Frames that are in nobody's buffer any more: more was printed while nobody listened than it holds. */
export class ReplayGapError extends ClaustrumError {
  /** The seq of the first frame that is missing. */
  readonly firstMissing: number;
  /** The seq of the last frame that is missing. */
  readonly lastMissing: number;

  /** Tells which frames of a process are missing. */
  constructor(id: string, firstMissing: number, lastMissing: number) {
    super(`frames ${firstMissing} to ${lastMissing} of process "${id}" are lost: its replay buffer was too small`);
    this.firstMissing = firstMissing;
    this.lastMissing = lastMissing;
  }
}

/** What was thrown, as an error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
