/**
 * What a follower gets first: the state of the sessions.
 *
 * @module
 */

import type { Sessions } from "../sessions/sessions.ts";
import { shownPermission, shownSession } from "./event_size.ts";
import type { FollowMessage } from "./hub_client.ts";

/** The message that a follower gets first. */
export type Snapshot = FollowMessage & { readonly type: "snapshot" };

/** Returns the state of the sessions that are wanted. */
export function snapshotOf(sessions: Sessions, wants: (session: string) => boolean): Snapshot {
  const partial = Object.entries(sessions.partial()).filter(([session]) => wants(session));
  return {
    type: "snapshot",
    sessions: sessions.list().filter(({ id }) => wants(id)).map(shownSession),
    permissions: sessions.permissions().filter(({ session }) => wants(session)).map(shownPermission),
    partial: Object.fromEntries(partial),
    last_event: sessions.lastEvent,
  };
}
