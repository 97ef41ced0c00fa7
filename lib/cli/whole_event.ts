/**
 * Fetches events that are too long for lists and live messages.
 *
 * @module
 */

import type { HubClient } from "../hub/hub_client.ts";
import type { SessionEvent } from "../sessions/types.ts";
import { toNumber, toObject } from "../system/json_fields.ts";

/** How much of a payload is fetched at once, in characters. */
const PIECE = 1 << 20;

/** Returns an event with its payload. Nothing is fetched if it is there already. */
export async function wholeEvent(client: HubClient, event: SessionEvent): Promise<SessionEvent> {
  if (toNumber(toObject(event.payload)["truncated"]) === undefined) return event;
  let json = "";
  for (;;) {
    const piece = await client.call("session.event", { event_id: event.id, offset: json.length, length: PIECE });
    if (!("text" in piece)) return piece;
    json += piece.text;
    if (json.length >= piece.total || piece.text === "") return { ...event, payload: JSON.parse(json) };
  }
}
