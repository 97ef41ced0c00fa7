import { Store } from "../../lib/store/store.ts";
import type { NewEvent } from "../../lib/store/event_types.ts";
import type { SessionRow } from "../../lib/store/sessions.ts";

/** Returns a session to store. */
export function sessionRow(id: string, changes: Partial<SessionRow> = {}): SessionRow {
  return { id, name: `name of ${id}`, path: "/", status: "idle", created_at: 1, updated_at: 1, data: "{}", ...changes };
}

/** Returns an event to store. */
export function newEvent(session: string, seq: number, changes: Partial<NewEvent> = {}): NewEvent {
  return { session, seq, at: seq, type: "assistant", payload: `{"seq":${seq}}`, ...changes };
}

/** Opens a store in memory with sessions. */
export function storeWith(...sessions: readonly string[]): Store {
  const store = Store.open(":memory:");
  for (const id of sessions) store.sessions.insert(sessionRow(id));
  return store;
}
