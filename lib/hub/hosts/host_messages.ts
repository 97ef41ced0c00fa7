/**
 * Objects of another hub, as this one shows them: under the name that the host has here.
 *
 * @module
 */

import type { Session } from "../../sessions/types.ts";
import type { FollowMessage } from "../hub_client.ts";

/** Returns a session under the name of its host. */
export function sessionOfHost(session: Session, host: string): Session {
  return { ...session, host };
}

/** Returns a message under the name of its host. */
export function ofHost(message: FollowMessage, host: string): FollowMessage {
  switch (message.type) {
    case "snapshot":
      return {
        ...message,
        host,
        sessions: message.sessions.map((session) => sessionOfHost(session, host)),
        permissions: message.permissions.map((permission) => ({ ...permission, host })),
      };
    case "session":
      return { type: "session", session: sessionOfHost(message.session, host) };
    case "event":
      return { type: "event", event: { ...message.event, host } };
    case "delta":
    case "removed":
    case "notice":
      return message;
  }
}

/** Returns the result of an operation under the name of the host that ran it. */
export function resultOfHost(result: object, host: string): object {
  if (Array.isArray(result)) return result.map((item) => isObject(item) ? namedAfter(item, host) : item);
  return namedAfter(result, host);
}

/** What tells its host tells the one that is known here. */
function namedAfter(value: object, host: string): object {
  return Object.hasOwn(value, "host") ? { ...value, host } : value;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
