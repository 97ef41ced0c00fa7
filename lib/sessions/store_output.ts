/**
 * Stores what agents have printed.
 *
 * @module
 */

import { type Changes, mayPass } from "./changes.ts";
import type { SessionRunner } from "./session_runner.ts";

/**
 * Stores the output of sessions that waits, as far as it belongs into one change each.
 *
 * @param onError Called with what is no matter of time.
 * @returns Whether that succeeded; otherwise it is to be tried again.
 */
export function storeOutput(
  runners: readonly SessionRunner[],
  changes: Changes,
  onError: (error: unknown) => void,
): boolean {
  // A transaction costs as much with nothing in it: most sessions are idle.
  const due = runners.filter(({ hasOutput }) => hasOutput);
  return due.map((runner) => storeOutputOf(runner, changes, onError)).every((isDone) => isDone);
}

function storeOutputOf(runner: SessionRunner, changes: Changes, onError: (error: unknown) => void): boolean {
  for (;;) {
    try {
      changes.run(() => runner.flush());
      return true;
    } catch (error) {
      if (mayPass(error)) changes.report(error);
      else onError(error);
      if (mayPass(error) || !runner.refuseLine(error)) return false;
    }
  }
}
