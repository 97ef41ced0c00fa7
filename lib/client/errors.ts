/**
 * The errors that a client throws.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";

/** The daemon answered with an error. */
export class RpcCallError extends ClaustrumError {
  /** The code of the contract, like -32602. */
  readonly code: number;
  /** The method that was called. */
  readonly method: string;

  /** Creates the error from an error reply. */
  constructor(method: string, code: number, message: string) {
    super(message);
    this.code = code;
    this.method = method;
  }
}

/** The connection was lost before the reply arrived, so it is unknown whether the request took effect. */
export class ConnectionLostError extends ClaustrumError {}

/** The daemon was unreachable for too long; the message contains the reason. */
export class DaemonGoneError extends ClaustrumError {}

/** The token file of a daemon cannot be read. */
export class TokenFileError extends ClaustrumError {
  /** The path of the file. */
  readonly path: string;

  /** Creates the error for a file and its problem. */
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`cannot read the token in ${path}: ${problem}`, options);
    this.path = path;
  }
}

/** The daemon no longer knows a process, because it ended long ago or because its daemon ended. */
export class ProcessLostError extends ClaustrumError {}

/** Another client has written to the stdin of the same process. Bytes that were not written yet are discarded. */
export class StdinConflictError extends ClaustrumError {
  /** Creates the error for the id of a process. */
  constructor(id: string, options?: ErrorOptions) {
    super(`another client writes to the stdin of process "${id}": let only one client write`, options);
  }
}

/** A short command printed more, or took longer, than allowed; the message names the limit. */
export class CommandLimitError extends ClaustrumError {}

/** Frames of a process are lost, because its replay buffer dropped them before the client received them. */
export class ReplayGapError extends ClaustrumError {
  /** The `seq` of the first missing frame. */
  readonly firstMissing: number;
  /** The `seq` of the last missing frame. */
  readonly lastMissing: number;

  /** Creates the error for the id of a process and the range of its missing frames. */
  constructor(id: string, firstMissing: number, lastMissing: number) {
    super(`frames ${firstMissing} to ${lastMissing} of process "${id}" are lost: its replay buffer was too small`);
    this.firstMissing = firstMissing;
    this.lastMissing = lastMissing;
  }
}

/** Converts a thrown value to an error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
