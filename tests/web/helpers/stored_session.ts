import type { SessionEvent } from "../../../lib/sessions/types.ts";
import { newRecord, toRow } from "../../../lib/sessions/record.ts";
import { Store } from "../../../lib/store/store.ts";

/**
 * Writes sessions that are over into the store of a hub that does not run.
 *
 * @param database The hub's database.
 * @param path The directory of the sessions.
 * @param sessions The events of each session by its name; their ids count on from those that are there.
 */
export function storeSessions(
  database: string,
  path: string,
  sessions: Readonly<Record<string, readonly SessionEvent[]>>,
): void {
  using store = Store.open(database);
  for (const [name, events] of Object.entries(sessions)) storeSession(store, name, path, events);
}

function storeSession(store: Store, name: string, path: string, events: readonly SessionEvent[]): void {
  const id = events[0]!.session;
  const record = {
    ...newRecord({
      id,
      name,
      path,
      createdAt: Date.parse(events[0]!.at),
      claudeSessionId: id,
      origin: { kind: "new" },
      chosenModel: null,
      permissionMode: "default",
      policy: "ask",
      claudeArgs: [],
    }),
    updatedAt: Date.parse(events.at(-1)!.at),
    lastSeq: events.length,
    lastEvent: store.events.lastId + events.length,
  };
  store.transaction(() => {
    store.sessions.insert(toRow(record));
    for (const { seq, at, type, subtype, payload } of events) {
      const about = { session: id, seq, at: Date.parse(at), type, ...(subtype === undefined ? {} : { subtype }) };
      store.events.append({ ...about, payload: JSON.stringify(payload) });
    }
  });
}
