/**
 * Events as lists and followers get them: a large payload is replaced with its size.
 *
 * @module
 */

import type { SessionEvent } from "../sessions/types.ts";

/** The largest payload that is shown in lists and live events, in bytes of its JSON. */
const MAX_PAYLOAD_BYTES = 256 << 10;
/** The largest page of events, in characters of its JSON. */
const MAX_PAGE = 4 << 20;
/** About how much JSON an event has besides its payload, in characters. */
const ENVELOPE = 200;

/** An event whose payload may be replaced, with the length of its JSON in characters. */
interface ShownEvent<E extends SessionEvent> {
  readonly event: E;
  readonly length: number;
}

/** Returns an event as followers get it. */
export function shownEvent<E extends SessionEvent>(event: E): E {
  return measure(event).event;
}

/** Returns the events that fit a page, as lists show them; at least one, unless there is none. */
export function pageOf<E extends SessionEvent>(events: readonly E[]): E[] {
  const page: E[] = [];
  let length = 0;
  for (const event of events) {
    const shown = measure(event);
    length += shown.length + ENVELOPE;
    if (page.length > 0 && length > MAX_PAGE) break;
    page.push(shown.event);
  }
  return page;
}

function measure<E extends SessionEvent>(event: E): ShownEvent<E> {
  const text = JSON.stringify(event.payload) ?? "null";
  // A character has three bytes at most.
  if (text.length * 3 <= MAX_PAYLOAD_BYTES) return { event, length: text.length };
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= MAX_PAYLOAD_BYTES) return { event, length: text.length };
  return { event: { ...event, payload: { truncated: bytes } }, length: 0 };
}
