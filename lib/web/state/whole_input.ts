/**
 * Reads the input of a permission that is too large to be shown with others.
 *
 * @module
 */

import type { HubApi } from "../api/client.ts";
import type { PendingPermission, SessionEvent } from "../../sessions/types.ts";

/** How many of a session's last events about permissions are looked through. */
const EVENTS = 100;
/** How much of a large event is read to see which permission it is about, in characters. */
const BEGINNING = 200;

/**
 * Returns the whole input of a permission.
 *
 * @param host The name of its host, if that is another one.
 * @throws {HubProblem} If it cannot be read.
 * @throws {Error} If the event in which the agent asked is not stored any more.
 */
export async function wholeInput(
  api: Pick<HubApi, "call">,
  permission: PendingPermission,
  host?: string,
): Promise<unknown> {
  const { session, id } = permission;
  const query = { session_name: session, types: "permission", before: Number.MAX_SAFE_INTEGER, limit: EVENTS };
  const events = await api.call("session.events", query);
  for (const event of events.filter(({ subtype }) => subtype === "asked").reverse()) {
    if (!await isAbout(api, event, id, host)) continue;
    const found = await api.call("session.event", { event_id: event.id, host });
    if ("payload" in found) return (found.payload as { readonly input?: unknown }).input;
  }
  throw new Error("The event in which the agent asked is not stored any more.");
}

async function isAbout(
  api: Pick<HubApi, "call">,
  event: SessionEvent,
  id: string,
  host: string | undefined,
): Promise<boolean> {
  const { permission_id, truncated } = event.payload as {
    readonly permission_id?: string;
    readonly truncated?: number;
  };
  if (truncated === undefined) return permission_id === id;
  const part = await api.call("session.event", { event_id: event.id, offset: 0, length: BEGINNING, host });
  return "text" in part && part.text.includes(id);
}
