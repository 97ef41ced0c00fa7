/**
 * What goes wrong on a line over SSH, as its states tell it.
 *
 * @module
 */

import { ConnectionLostError, RpcCallError } from "../client/errors.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { printable } from "../system/printable.ts";
import { explainLoss, explainSsh, type SshFailure } from "./ssh_failure.ts";
import { SshEndedError } from "./ssh_master.ts";

/** A problem that stays until a person has done something. */
class RefusalError extends ClaustrumError {
  readonly failure: SshFailure;

  constructor(failure: SshFailure) {
    super(failure.reason);
    this.failure = failure;
  }
}

/** Returns the error for a problem that stays until a person has done something. */
export function refusal(problem: SshFailure["problem"], reason: string): Error {
  return new RefusalError({ problem, reason: printable(reason) });
}

/** Explains why a line is not up. */
export function failureOf(error: unknown): SshFailure {
  if (error instanceof RefusalError) return error.failure;
  if (error instanceof SshEndedError) return error.wasUp ? explainLoss(error.stderr) : explainSsh(error.stderr);
  if (error instanceof RpcCallError) {
    return { problem: "bad_configuration", reason: `ssh cannot be started: ${error.message}` };
  }
  return { problem: "lost", reason: error instanceof Error ? error.message : String(error) };
}

/**
 * Makes of what goes wrong on a line that was up a lost connection, after which a client tries again.
 *
 * @throws {ConnectionLostError} If the work fails.
 */
export async function lostAs<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConnectionLostError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new ConnectionLostError(`the line to the host is not there: ${message}`, { cause: error });
  }
}
