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
