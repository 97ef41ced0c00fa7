/**
 * The events of a session, from the hub.
 *
 * @module
 */

import type { HubApi } from "../api/client.ts";
import type { EventSource } from "./conversation_feed.ts";
import type { HubState } from "./hub_state.ts";
import { inNextFrame } from "./next_frame.ts";

/**
 * Returns where the events of a session come from.
 *
 * @param host Returns the name of its host, if that is another one: the hub need not look for the session then.
 */
export function sessionSource(
  api: HubApi,
  hub: HubState,
  session: string,
  host: () => string | undefined = () => undefined,
): EventSource {
  return {
    events: (params) => api.call("session.events", { session_name: session, host: host(), ...params }),
    listen: ({ onEvent, onChange, onSnapshot }) =>
      hub.listen(session, { onEvent, onDelta: onChange, onPartial: onSnapshot }),
    answer: () => hub.answers.of(session),
    lastEvent: () => hub.sessions.peek().get(session)?.last_event ?? 0,
    inNextFrame,
  };
}
