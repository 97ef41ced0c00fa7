/**
 * The exit codes of claustrum, which follow the conventions of shells.
 *
 * @module
 */

import type { ProcessExit } from "../process/frame_codec.ts";

/** The exit code of a process that a signal ended is the number of the signal plus this. */
const SIGNAL_BASE = 128;

/** The exit code after SIGHUP. */
export const HUNG_UP: number = SIGNAL_BASE + 1;
/** The exit code after SIGINT. */
export const INTERRUPTED: number = SIGNAL_BASE + 2;
/** The exit code after SIGPIPE: stdout has no reader any more. */
export const BROKEN_PIPE: number = SIGNAL_BASE + 13;
/** The exit code after SIGTERM. */
export const TERMINATED: number = SIGNAL_BASE + 15;

/** The exit code of `run` if claustrum itself fails, and not its command. */
export const OWN_FAILURE = 125;
/** The exit code of `run` if its command exists and cannot be executed. */
export const NOT_EXECUTABLE = 126;
/** The exit code of `run` if its command does not exist. */
export const NOT_FOUND = 127;

/** Returns the exit code for a process: its own, or 128 plus the number of the signal that ended it. */
export async function exitCodeOf({ code, signal }: ProcessExit): Promise<number> {
  if (signal === undefined) return code < 0 ? 255 : code;
  const { constants } = await import("node:os");
  const number = (constants.signals as Readonly<Record<string, number>>)[signal] ?? numberOf(signal);
  return number === undefined ? 255 : SIGNAL_BASE + number;
}

/** Returns the number of a real-time signal, which has no name of its own, like `SIG35`. */
function numberOf(signal: string): number | undefined {
  const digits = /^SIG(\d+)$/.exec(signal)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Returns the exit code of `run` if the daemon could not start its command, by the error message of the daemon. */
export function startErrorCode(message: string): number {
  if (/^exec: .*executable file not found in \$PATH$|^fork\/exec .*: no such file or directory$/s.test(message)) {
    return NOT_FOUND;
  }
  return /^(?:exec: .*cannot run executable|fork\/exec )/s.test(message) ? NOT_EXECUTABLE : OWN_FAILURE;
}
