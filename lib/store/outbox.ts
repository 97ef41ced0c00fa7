/**
 * The tables of what is published elsewhere: the events are in their own table, and this says how far they have come.
 *
 * @module
 */

import type { Database } from "./database.ts";

/** How far the events have been published, by stream. */
export class OutboxTable {
  readonly #database: Database;

  /** @param database The database, which has the tables. */
  constructor(database: Database) {
    this.#database = database;
  }

  /** Returns the id of the last event that a stream has acknowledged; 0 if there is none. */
  cursor(stream: string): number {
    const row = this.#database.get("SELECT event FROM outbox_cursors WHERE stream = ?", stream);
    return Number(row?.event ?? 0);
  }

  /** Stores the id of the last event that a stream has acknowledged. */
  setCursor(stream: string, event: number): void {
    this.#database.run("INSERT OR REPLACE INTO outbox_cursors (stream, event) VALUES (?, ?)", stream, event);
  }

  /** Begins anew, as another hub that has published nothing: for a store whose former life others may remember. */
  startAnew(): void {
    this.#database.run("DELETE FROM outbox_cursors");
    this.#database.run("DELETE FROM hub_identity");
  }

  /** Returns what tells this hub from others of its name; it is made at the first call. */
  hubId(): string {
    this.#database.run("INSERT OR IGNORE INTO hub_identity (id, hub) VALUES (1, ?)", crypto.randomUUID());
    return String(this.#database.get("SELECT hub FROM hub_identity WHERE id = 1")?.hub);
  }
}
