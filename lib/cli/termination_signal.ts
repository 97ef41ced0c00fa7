/**
 * Turns SIGINT, SIGTERM and SIGHUP into an `AbortSignal`.
 *
 * @module
 */

import { type Clock, systemClock } from "../system/clock.ts";
import { HUNG_UP, INTERRUPTED, TERMINATED } from "./exit_code.ts";

/** The exit code for each signal, as a shell reports it. */
const EXIT_CODES = { SIGINT: INTERRUPTED, SIGTERM: TERMINATED, SIGHUP: HUNG_UP } as const;
type TerminationSignal = keyof typeof EXIT_CODES;

/**
 * Signals within this time of the first one are duplicates, in milliseconds. A terminal that closes and a program that
 * forwards signals may send the same signal twice.
 */
const DUPLICATE_MS = 100;

/** A request to terminate the program. It stops listening for signals when its scope ends. */
export interface Termination extends Disposable {
  /** Aborts on the first signal. */
  readonly signal: AbortSignal;
  /** The exit code for the signal that was received. */
  readonly exitCode: number;
}

/**
 * Listens for termination signals. The first signal aborts, so that the program can clean up and exit. A second one
 * exits at once.
 *
 * @param clock The source of time.
 */
export function abortOnTermination(clock: Clock = systemClock): Termination {
  const controller = new AbortController();
  const names: readonly TerminationSignal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  let exitCode: number = EXIT_CODES.SIGINT;
  let abortedAt: number | undefined;
  const handlers = names.map((name) => {
    const handler = () => {
      if (abortedAt !== undefined && clock.elapsed() - abortedAt > DUPLICATE_MS) Deno.exit(EXIT_CODES[name]);
      if (abortedAt !== undefined) return;
      abortedAt = clock.elapsed();
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
