import type { SessionEvent } from "../../../lib/sessions/types.ts";
import { newRecord, toRow } from "../../../lib/sessions/record.ts";
import { Store } from "../../../lib/store/store.ts";

/**
 * Writes a session that is over into the store of a hub that does not run.
 *
 * @param database The hub's database.
 * @param events Its events; their ids count on from those that are there.
 */
export function storeSession(database: string, name: string, path: string, events: readonly SessionEvent[]): void {
  using store = Store.open(database);
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
