/**
 * How a process's end is told by an exit code, as a shell tells it.
 *
 * @module
 */

import type { ProcessExit } from "../process/frame_codec.ts";

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};
/** What a program ends with when nobody reads what it prints. */
export const BROKEN_PIPE: number = 128 + 13;

/** The code, or 128 and the number of the signal. */
export function exitCodeOf({ code, signal }: ProcessExit): number {
  if (signal !== undefined) return 128 + (SIGNAL_NUMBERS[signal] ?? 0);
  return code < 0 ? 255 : code;
}
