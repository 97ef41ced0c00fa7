/**
 * Reads the stored events of a session.
 *
 * @module
 */

import type { HubClient } from "../hub/hub_client.ts";
import type { SessionEvent } from "../sessions/types.ts";

const PAGE = 500;

/** Returns all events of a session after one, or those of some types, the oldest first. */
export async function* storedEvents(
  client: HubClient,
  session: string,
  after: number,
  types?: string,
): AsyncGenerator<SessionEvent> {
  for (;;) {
    // A page may be shorter than its limit: only an empty one is the last.
    const page = await client.call("session.events", {
      session_name: session,
      after,
      limit: PAGE,
      ...(types === undefined ? {} : { types }),
    });
    if (page.length === 0) return;
    yield* page;
    after = page.at(-1)!.id;
  }
}
