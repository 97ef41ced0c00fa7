/**
 * Tells how the start of an agent has ended.
 *
 * @module
 */

import type { Session } from "../sessions/types.ts";
import { printMessage } from "./print.ts";
import { toOneLine } from "./terminal_text.ts";

/**
 * Prints a session whose agent was to be started.
 *
 * @param describe What to say if it was.
 * @param printResult Prints a result.
 * @returns The exit code: an agent that ended at once is a failure.
 */
export function reportStart(
  session: Session,
  describe: () => string,
  printResult: (result: unknown, describe: () => string) => void,
): number {
  if (session.status !== "error") {
    printResult(session, describe);
    return 0;
  }
  const reason = toOneLine(session.error ?? session.exit?.reason ?? "the agent has ended");
  printMessage(`session ${toOneLine(session.name)} has no agent: ${reason}`);
  printResult(session, () => `claustrum session resume ${toOneLine(session.name)} starts it again`);
  return 1;
}
