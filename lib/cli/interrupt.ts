/**
 * Ctrl-C and its like, as a signal that work can be given up by.
 *
 * @module
 */

import { type Clock, systemClock } from "../system/clock.ts";
import { HUNG_UP, INTERRUPTED, TERMINATED } from "./exit_code.ts";

/** The exit codes of a command that a signal ended, as a shell has them. */
const EXIT_CODES = { SIGINT: INTERRUPTED, SIGTERM: TERMINATED, SIGHUP: HUNG_UP } as const;
type Interrupting = keyof typeof EXIT_CODES;

/** A terminal that closes, or a program that passes signals on, may send the same signal again within this time, in milliseconds. */
const SAME_MS = 100;

/** Whether the user, or the system, wants the program to end. */
export interface Interruption extends Disposable {
  /** Aborts when it is to end. */
  readonly signal: AbortSignal;
  /** The exit code of a command that has given up its work. */
  readonly exitCode: number;
}

/**
 * Listens for the signals that end a program. The first one aborts work, which may clean up after itself; a second one
 * ends the program at once. Goes with its scope.
 *
 * @param clock The source of time.
 */
export function untilInterrupted(clock: Clock = systemClock): Interruption {
  const controller = new AbortController();
  const names: readonly Interrupting[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
  let exitCode: number = EXIT_CODES.SIGINT;
  let since: number | undefined;
  const handlers = names.map((name) => {
    const handler = () => {
      if (since !== undefined && clock.elapsed() - since > SAME_MS) Deno.exit(EXIT_CODES[name]);
      if (since !== undefined) return;
      since = clock.elapsed();
      exitCode = EXIT_CODES[name];
      controller.abort();
    };
    return [name, handler] as const;
  });
  for (const [name, handler] of handlers) Deno.addSignalListener(name, handler);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    [Symbol.dispose]() {
      for (const [name, handler] of handlers) Deno.removeSignalListener(name, handler);
    },
  };
}
