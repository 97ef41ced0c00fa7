/**
 * The table of what agents asked permission for.
 *
 * @module
 */

import type { Database, SqlRow } from "./database.ts";
import type { SessionKeys } from "./sessions.ts";

/** A question of an agent as it is stored. */
export interface PermissionRow {
  /** Unique. */
  readonly id: string;
  /** The id of its session. */
  readonly session: string;
  /** When the agent asked, in milliseconds since the epoch. */
  readonly at: number;
  /** What the agent asked, in JSON. */
  readonly data: string;
  /** When it ended, in milliseconds since the epoch; absent while it is pending. */
  readonly ended_at?: number;
  /** How it ended, in JSON; absent while it is pending. */
  readonly outcome?: string;
}

const SELECT = "SELECT p.id, s.id AS session, p.at, p.data, p.ended_at, p.outcome " +
  "FROM permissions p JOIN sessions s ON s.key = p.session";
const ORDER = "ORDER BY p.at, p.rowid";

/** The permissions of all sessions. */
export class PermissionTable {
  readonly #database: Database;
  readonly #keys: SessionKeys;

  /** @param keys The numbers of the sessions, shared by all tables. */
  constructor(database: Database, keys: SessionKeys) {
    this.#database = database;
    this.#keys = keys;
  }

  /**
   * Adds a permission.
   *
   * @throws {StoreError} If there is one of that id, or no such session, with the reason `conflict`.
   */
  insert({ id, session, at, data, ended_at, outcome }: PermissionRow): void {
    this.#database.run(
      "INSERT INTO permissions (id, session, at, data, ended_at, outcome) VALUES (?, ?, ?, ?, ?, ?)",
      id,
      this.#keys.keyOf(session),
      at,
      data,
      ended_at ?? null,
      outcome ?? null,
    );
  }

  /**
   * Ends a permission, once.
   *
   * @param endedAt When, in milliseconds since the epoch.
   * @param outcome How, in JSON.
   * @returns Whether it was pending; nothing changes otherwise.
   */
  end(id: string, endedAt: number, outcome: string): boolean {
    const { changes } = this.#database.run(
      "UPDATE permissions SET ended_at = ?, outcome = ? WHERE id = ? AND ended_at IS NULL",
      endedAt,
      outcome,
      id,
    );
    return changes > 0;
  }

  /** Returns a permission, if there is one. */
  get(id: string): PermissionRow | undefined {
    const row = this.#database.get(`${SELECT} WHERE p.id = ?`, id);
    return row && toRow(row);
  }

  /** Returns the pending ones of all sessions, the oldest first. */
  pending(): PermissionRow[] {
    return this.#database.all(`${SELECT} WHERE p.ended_at IS NULL ${ORDER}`).map(toRow);
  }
}

function toRow(row: SqlRow): PermissionRow {
  return {
    id: String(row.id),
    session: String(row.session),
    at: Number(row.at),
    data: String(row.data),
    ...(row.ended_at === null ? {} : { ended_at: Number(row.ended_at) }),
    ...(row.outcome === null ? {} : { outcome: String(row.outcome) }),
  };
}
