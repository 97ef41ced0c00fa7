/**
 * The table of changes: who made which, and what came of it.
 *
 * @module
 */

import type { Database, SqlRow } from "./database.ts";

/** A change as it is stored. */
export interface AuditRow {
  /** Grows with each entry. */
  readonly id: number;
  /** When, in milliseconds since the epoch. */
  readonly at: number;
  /** Who. */
  readonly who: string;
  /** How they had signed in. */
  readonly way: string;
  /** The network address from which it came; `undefined` on the hub's own socket. */
  readonly address: string | undefined;
  /** The name of the operation. */
  readonly what: string;
  /** What it was about, such as the id of a session. */
  readonly target: string | undefined;
  /** `ok`, or the kind of the failure. */
  readonly result: string;
}

/** Which entries to return. */
export interface AuditQuery {
  /** The most entries. */
  readonly limit: number;
  /** Only entries before this id. @default {all} */
  readonly before?: number | undefined;
  /** Only entries of this operation. @default {all} */
  readonly what?: string | undefined;
  /** Only entries of this person. @default {all} */
  readonly who?: string | undefined;
}

/** The audit. */
export class AuditTable {
  readonly #database: Database;

  /** @param database The database, which has the table. */
  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds an entry; returns its id. */
  add({ at, who, way, address, what, target, result }: Omit<AuditRow, "id">): number {
    return this.#database.run(
      "INSERT INTO audit (at, who, way, address, what, target, result) VALUES (?, ?, ?, ?, ?, ?, ?)",
      at,
      who,
      way,
      address ?? null,
      what,
      target ?? null,
      result,
    ).id;
  }

  /** Returns entries, the newest first. */
  list({ limit, before, what, who }: AuditQuery): AuditRow[] {
    return this.#database.all(
      `SELECT * FROM audit WHERE (?1 IS NULL OR id < ?1) AND (?2 IS NULL OR what = ?2) AND (?3 IS NULL OR who = ?3)
        ORDER BY id DESC LIMIT ?4`,
      before ?? null,
      what ?? null,
      who ?? null,
      limit,
    ).map(toEntry);
  }

  /** Removes entries that are older than a time; returns how many there were. */
  deleteBefore(at: number): number {
    return this.#database.run("DELETE FROM audit WHERE at < ?", at).changes;
  }
}

function toEntry(row: SqlRow): AuditRow {
  const optional = (value: SqlRow[string] | undefined) => value === null ? undefined : String(value);
  return {
    id: Number(row.id),
    at: Number(row.at),
    who: String(row.who),
    way: String(row.way),
    address: optional(row.address),
    what: String(row.what),
    target: optional(row.target),
    result: String(row.result),
  };
}
