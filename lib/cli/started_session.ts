/**
 * Tells how the start of an agent has ended.
 *
 * @module
 */

import type { Session } from "../sessions/types.ts";
import { print, printMessage } from "./print.ts";
import { toOneLine } from "./terminal_text.ts";

/**
 * Prints a session whose agent was to be started.
 *
 * @param isJson Whether to print it as JSON.
 * @param text What to print otherwise, if the agent was started.
 * @returns The exit code: an agent that ended at once is a failure.
 */
export function reportStart(session: Session, isJson: boolean, text: string): number {
  const hasFailed = session.status === "error";
  if (isJson) print(JSON.stringify(session));
  else if (!hasFailed) print(text);
  if (!hasFailed) return 0;
  const reason = session.error ?? session.exit?.reason ?? "the agent has ended";
  printMessage(`session ${toOneLine(session.name)} has no agent: ${toOneLine(reason)}`);
  return 1;
}
