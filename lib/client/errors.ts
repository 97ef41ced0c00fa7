/**
 * The errors that a client throws.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { goQuote } from "../system/quote.ts";

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

/**
 * What the `dial` of a program throws when trying again does not help before a person has done something, such as accepted
 * the key of a host. The client gives up with it at once.
 */
export class HostRefusedError extends ClaustrumError {}

/** What was printed where the first reply of a daemon was expected, such as the greeting of a login shell. */
export class UnexpectedOutputError extends ClaustrumError {
  /** The beginning of it. */
  readonly output: string;

  /** Creates the error for the beginning of the output. */
  constructor(output: string, options?: ErrorOptions) {
    super(
      `the host printed ${
        goQuote(output)
      } before the bridge: mend its shell's start-up files, which must print nothing`,
      options,
    );
    this.output = output;
  }
}

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

/** A process has no terminal, or no longer has one. */
export class TerminalError extends ClaustrumError {}

/** Converts a thrown value to an error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
