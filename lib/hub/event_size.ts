/**
 * Events, sessions and permissions as clients get them: a large payload, prompt or input is replaced with its size. The
 * operation `session.event` returns the whole of it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { LiveMessage, PendingPermission, Session, SessionEvent } from "../sessions/types.ts";

/** The largest payload, prompt or input that is shown, in bytes of its JSON. */
const MAX_PAYLOAD_BYTES = 256 << 10;
/** The largest page of events, in bytes of its JSON. */
const MAX_PAGE_BYTES = 4 << 20;
/** About how much JSON an event has besides its payload, in bytes. */
const ENVELOPE_BYTES = 200;

/** A value that may be replaced, with the size of its JSON in bytes. */
interface Shown {
  readonly value: unknown;
  readonly bytes: number;
}

/** Returns an event as clients get it. */
export function shownEvent<E extends SessionEvent>(event: E): E {
  return withPayload(event, shown(event.payload));
}

/** Returns a session as clients get it. */
export function shownSession(session: Session): Session {
  if (session.queue.length === 0) return session;
  const queue = session.queue.map((one) => ({ ...one, prompt: shown(one.prompt).value as typeof one.prompt }));
  return { ...session, queue };
}

/** Returns a permission as clients get it. */
export function shownPermission(permission: PendingPermission): PendingPermission {
  return { ...permission, input: shown(permission.input).value };
}

/** Returns a message as followers get it. */
export function shownMessage(message: LiveMessage): LiveMessage {
  if (message.type === "event") return { type: "event", event: shownEvent(message.event) };
  return message.type === "session" ? { type: "session", session: shownSession(message.session) } : message;
}

/** Returns the events that fit a page, as lists show them; at least one, unless there is none. */
export function pageOf<E extends SessionEvent>(events: readonly E[]): E[] {
  const page: E[] = [];
  let total = 0;
  for (const event of events) {
    const payload = shown(event.payload);
    total += payload.bytes + ENVELOPE_BYTES;
    if (page.length > 0 && total > MAX_PAGE_BYTES) break;
    page.push(withPayload(event, payload));
  }
  return page;
}

function withPayload<E extends SessionEvent>(event: E, { value }: Shown): E {
  return value === event.payload ? event : { ...event, payload: value };
}

function shown(value: unknown): Shown {
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? "null");
  return bytes <= MAX_PAYLOAD_BYTES ? { value, bytes } : { value: { truncated: bytes }, bytes: 0 };
}
