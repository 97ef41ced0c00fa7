/**
 * The table of remote-control instances.
 *
 * @module
 */

import type { Database } from "./database.ts";

/** An instance as it is stored. */
export interface InstanceRow {
  /** The id. */
  readonly id: string;
  /** When it was first started, in milliseconds since the epoch. */
  readonly createdAt: number;
  /** The record, as JSON. */
  readonly data: string;
}

/** All remote-control instances. */
export class InstanceTable {
  readonly #database: Database;

  /** @param database The database, which has the table. */
  constructor(database: Database) {
    this.#database = database;
  }

  /** Stores an instance, in place of the former state of it. */
  put({ id, createdAt, data }: InstanceRow): void {
    this.#database.run("INSERT OR REPLACE INTO instances (id, created_at, data) VALUES (?, ?, ?)", id, createdAt, data);
  }

  /** Returns all instances, the oldest first. */
  all(): InstanceRow[] {
    return this.#database.all("SELECT * FROM instances ORDER BY created_at, id").map((row) => ({
      id: String(row.id),
      createdAt: Number(row.created_at),
      data: String(row.data),
    }));
  }

  /** Removes an instance; returns whether there was one. */
  delete(id: string): boolean {
    return this.#database.run("DELETE FROM instances WHERE id = ?", id).changes > 0;
  }
}
