/**
 * Exit codes, as a shell has them.
 *
 * @module
 */

import type { ProcessExit } from "../process/frame_codec.ts";

/** Added to the number of the signal that ended a command. */
const SIGNALLED = 128;

/** The code of a command that a hang-up has ended. */
export const HUNG_UP: number = SIGNALLED + 1;
/** The code of a command that was interrupted. */
export const INTERRUPTED: number = SIGNALLED + 2;
/** The code of a command whose output nobody reads. */
export const BROKEN_PIPE: number = SIGNALLED + 13;
/** The code of a command that was terminated. */
export const TERMINATED: number = SIGNALLED + 15;

/** What `run` ends with when claustrum itself fails, and not the command. */
export const OWN_FAILURE = 125;
/** What `run` ends with when the command is there and cannot be executed. */
const NOT_EXECUTABLE = 126;
/** What `run` ends with when there is no such command. */
export const NOT_FOUND = 127;

/** The code of a process, or 128 and the number of the signal that ended it. */
export async function exitCodeOf({ code, signal }: ProcessExit): Promise<number> {
  if (signal === undefined) return code < 0 ? 255 : code;
  const { constants } = await import("node:os");
  const number = (constants.signals as Readonly<Record<string, number>>)[signal] ?? numberOf(signal);
  return number === undefined ? 255 : SIGNALLED + number;
}

/** A real-time signal has a number and no name, like `SIG35`. */
function numberOf(signal: string): number | undefined {
  const digits = /^SIG(\d+)$/.exec(signal)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** What `run` ends with when the daemon could not start the command; the daemon's text tells why. */
export function startErrorCode(text: string): number {
  if (/^exec: .*executable file not found in \$PATH$|^fork\/exec .*: no such file or directory$/s.test(text)) {
    return NOT_FOUND;
  }
  return /^(?:exec: .*cannot run executable|fork\/exec )/s.test(text) ? NOT_EXECUTABLE : OWN_FAILURE;
}
