/**
 * The table of rules that answers for a whole session added.
 *
 * @module
 */

import type { Database } from "./database.ts";
import type { SessionKeys } from "./sessions.ts";

/** A rule as it is stored. */
export interface RuleRow {
  /** Unique. */
  readonly id: string;
  /** The id of its session. */
  readonly session: string;
  /** When it was added, in milliseconds since the epoch. */
  readonly at: number;
  /** What it says, in JSON. */
  readonly data: string;
}

/** The rules of all sessions. */
export class RuleTable {
  readonly #database: Database;
  readonly #keys: SessionKeys;

  /** @param keys The numbers of the sessions, shared by all tables. */
  constructor(database: Database, keys: SessionKeys) {
    this.#database = database;
    this.#keys = keys;
  }

  /**
   * Adds a rule.
   *
   * @throws {StoreError} If there is one of that id, or no such session, with the reason `conflict`.
   */
  insert({ id, session, at, data }: RuleRow): void {
    const key = this.#keys.keyOf(session);
    this.#database.run("INSERT INTO rules (id, session, at, data) VALUES (?, ?, ?, ?)", id, key, at, data);
  }

  /** Removes a rule of a session; returns whether there was one. */
  delete(session: string, id: string): boolean {
    const key = this.#keys.find(session);
    if (key === undefined) return false;
    return this.#database.run("DELETE FROM rules WHERE id = ? AND session = ?", id, key).changes > 0;
  }

  /** Returns the rules of a session, the oldest first. */
  of(session: string): RuleRow[] {
    const key = this.#keys.find(session);
    if (key === undefined) return [];
    const rows = this.#database.all("SELECT id, at, data FROM rules WHERE session = ? ORDER BY at, rowid", key);
    return rows.map((row) => ({ id: String(row.id), session, at: Number(row.at), data: String(row.data) }));
  }
}
