/**
 * Why sessions ended, for the log of the hub. What an agent has printed is left out: it may be of the conversation.
 *
 * @module
 */

import type { LiveMessage, Session, SessionExit } from "../sessions/types.ts";

/** How long a reason in the log may be, in UTF-16 units. */
const MAX_TEXT = 200;

/** The sessions, as far as this needs them. */
export interface EndingSessions {
  /** Returns a session. */
  get(id: string): Pick<Session, "id" | "name" | "exit">;
}

/** Returns what the log says about a message; `undefined` unless a session has ended. */
export function sessionEndText(message: LiveMessage, sessions: EndingSessions): string | undefined {
  if (message.type !== "event" || message.event.type !== "status") return undefined;
  const { subtype, session } = message.event;
  if (subtype !== "stopped" && subtype !== "error") return undefined;
  const { id, name, exit } = sessions.get(session);
  const how = subtype === "stopped" ? "has stopped" : "has failed";
  return `[sessions] ${JSON.stringify(name)} (${id}) ${how}${exit === undefined ? "" : `: ${exitText(exit)}`}`;
}

/** Describes how an agent ended, without what it printed last, which the reason goes on with after a colon. */
function exitText({ code, signal, reason }: SessionExit): string {
  const why = signal !== undefined ? `signal ${signal}` : code !== undefined ? `exit code ${code}` : undefined;
  if (why === undefined) return reason.split("\n", 1).join("").slice(0, MAX_TEXT);
  const at = reason.indexOf(why);
  return at >= 0 ? reason.slice(0, at + why.length) : `${reason.split(": ", 1).join("").slice(0, MAX_TEXT)}, ${why}`;
}
