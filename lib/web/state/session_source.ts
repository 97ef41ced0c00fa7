/**
 * The events of a session, from the hub.
 *
 * @module
 */

import type { HubApi } from "../api/client.ts";
import type { EventSource } from "./conversation_feed.ts";
import type { HubState } from "./hub_state.ts";

/** After so long, what was to be done in the next frame is done without one: a hidden page has none. In milliseconds. */
const NO_FRAME_MS = 250;

/** Returns where the events of a session come from. */
export function sessionSource(api: HubApi, hub: HubState, session: string): EventSource {
  return {
    events: (params) => api.call("session.events", { session_name: session, ...params }),
    listen: ({ onEvent, onChange, onSnapshot }) =>
      hub.listen(session, { onEvent, onDelta: onChange, onPartial: onSnapshot }),
    answer: () => hub.answers.of(session),
    lastEvent: () => hub.sessions.peek().get(session)?.last_event ?? 0,
    inNextFrame,
  };
}

function inNextFrame(work: () => void): void {
  let isDone = false;
  const once = () => {
    if (isDone) return;
    isDone = true;
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    work();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, NO_FRAME_MS);
}
