/**
 * The table of sessions. What a session is, its other tables and the hub know; here it is a row with a name.
 *
 * @module
 */

import type { Database, SqlRow, SqlValue } from "./database.ts";
import { StoreError } from "./store_error.ts";

/** A session as it is stored. */
export interface SessionRow {
  /** Unique. */
  readonly id: string;
  /** Unique. */
  readonly name: string;
  /** The directory of the session. */
  readonly path: string;
  /** What the session is doing. */
  readonly status: string;
  /** When it was created, in milliseconds since the epoch. */
  readonly created_at: number;
  /** When it last changed, in milliseconds since the epoch. */
  readonly updated_at: number;
  /** Whatever else there is, in JSON. */
  readonly data: string;
}

/** Called before a session goes, in the same transaction. */
export type BeforeDelete = (key: number) => void;

/** The sessions. */
export class SessionTable {
  readonly #database: Database;
  readonly #keys: SessionKeys;
  readonly #beforeDelete: BeforeDelete;

  /**
   * @param keys The numbers of the sessions, shared by all tables.
   * @param beforeDelete Takes along what foreign keys do not.
   */
  constructor(database: Database, keys: SessionKeys, beforeDelete: BeforeDelete) {
    this.#database = database;
    this.#keys = keys;
    this.#beforeDelete = beforeDelete;
  }

  /**
   * Adds a session.
   *
   * @throws {StoreError} If there is one of that id or name, with the reason `conflict`.
   */
  insert(row: SessionRow): void {
    this.#database.run(
      "INSERT INTO sessions (id, name, path, status, created_at, updated_at, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
      ...valuesOf(row),
    );
  }

  /**
   * Replaces a session.
   *
   * @throws {StoreError} If there is none of that id, or another one has the name, with the reason `conflict`.
   */
  update(row: SessionRow): void {
    this.#database.run(
      "UPDATE sessions SET id = ?, name = ?, path = ?, status = ?, created_at = ?, updated_at = ?, data = ? WHERE key = ?",
      ...valuesOf(row),
      this.#keys.keyOf(row.id),
    );
  }

  /** Removes a session with its events, prompts, permissions, rules, stdin lines and unfinished lines. Does nothing if
   * there is none of that id. */
  delete(id: string): void {
    this.#database.transaction(() => {
      const key = this.#keys.find(id);
      if (key === undefined) return;
      this.#beforeDelete(key);
      this.#database.run("DELETE FROM sessions WHERE key = ?", key);
      this.#keys.forget(id);
    });
  }

  /** Returns all sessions, the oldest first. */
  all(): SessionRow[] {
    return this.#database.all("SELECT * FROM sessions ORDER BY created_at, key").map(toRow);
  }
}

/** The numbers of the sessions, by which the other tables refer to them. */
export class SessionKeys {
  readonly #database: Database;
  readonly #keys = new Map<string, number>();

  /** @param database Where the sessions are. */
  constructor(database: Database) {
    this.#database = database;
    database.addHooks({ beforeCommit: () => {}, afterRollback: () => this.#keys.clear() });
  }

  /**
   * Returns the number of a session.
   *
   * @throws {StoreError} If there is no such session, with the reason `conflict`.
   */
  keyOf(id: string): number {
    const key = this.find(id);
    if (key !== undefined) return key;
    throw new StoreError("conflict", `${this.#database.path}: there is no session ${id}: it may have been removed`);
  }

  /** Returns the number of a session, if there is one. */
  find(id: string): number | undefined {
    const known = this.#keys.get(id);
    if (known !== undefined) return known;
    const row = this.#database.get("SELECT key FROM sessions WHERE id = ?", id);
    if (row === undefined) return undefined;
    const key = Number(row.key);
    this.#keys.set(id, key);
    return key;
  }

  /** Forgets a session that was removed. */
  forget(id: string): void {
    this.#keys.delete(id);
  }
}

function valuesOf({ id, name, path, status, created_at, updated_at, data }: SessionRow): SqlValue[] {
  return [id, name, path, status, created_at, updated_at, data];
}

function toRow(row: SqlRow): SessionRow {
  return {
    id: String(row.id),
    name: String(row.name),
    path: String(row.path),
    status: String(row.status),
    created_at: Number(row.created_at),
    updated_at: Number(row.updated_at),
    data: String(row.data),
  };
}
