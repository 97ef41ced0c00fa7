/**
 * Whether the agent CLI is missing on the machine, as far as failures tell.
 *
 * @module
 */

import type { Session } from "../../sessions/types.ts";

/** Whether a failure says that the program of the agent was not found. */
export function isAgentMissing(failure: string | undefined): boolean {
  return failure !== undefined && /\bexit code 127\b|\bnot found$|\bNo such file or directory\b/.test(failure);
}

/** Whether the session that was started last failed because the program of the agent was not found. */
export function lacksAgent(sessions: Iterable<Pick<Session, "created_at" | "error">>): boolean {
  let last: Pick<Session, "created_at" | "error"> | undefined;
  for (const session of sessions) {
    if (last === undefined || session.created_at > last.created_at) last = session;
  }
  return isAgentMissing(last?.error);
}
