/**
 * The table of named API tokens.
 *
 * @module
 */

import type { Database, SqlRow } from "./database.ts";

/** A token as it is stored. Times are in milliseconds since the epoch. */
export interface ApiTokenRow {
  /** Unique, and no secret. */
  readonly id: string;
  /** What its owner calls it; unique. */
  readonly name: string;
  /** The SHA-256 of the token, in hexadecimal digits. */
  readonly hash: string;
  /** Whether who has it may only look. */
  readonly isReadOnly: boolean;
  /** When it was made. */
  readonly createdAt: number;
  /** When it was last used; about. `undefined` if never. */
  readonly usedAt: number | undefined;
}

/** All API tokens. */
export class ApiTokenTable {
  readonly #database: Database;

  /** @param database The database, which has the table. */
  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Adds a token.
   *
   * @throws {StoreError} If there is one of that name, with the reason `conflict`.
   */
  insert({ id, name, hash, isReadOnly, createdAt }: Omit<ApiTokenRow, "usedAt">): void {
    this.#database.run(
      "INSERT INTO api_tokens (id, name, hash, is_read_only, created_at) VALUES (?, ?, ?, ?, ?)",
      id,
      name,
      hash,
      isReadOnly ? 1 : 0,
      createdAt,
    );
  }

  /** Returns the token of a hash. */
  find(hash: string): ApiTokenRow | undefined {
    const row = this.#database.get("SELECT * FROM api_tokens WHERE hash = ?", hash);
    return row && toToken(row);
  }

  /** Returns the token of an id or a name. */
  get(reference: string): ApiTokenRow | undefined {
    const row = this.#database.get(
      "SELECT * FROM api_tokens WHERE id = ?1 OR name = ?1 ORDER BY id = ?1 DESC LIMIT 1",
      reference,
    );
    return row && toToken(row);
  }

  /** Notes that a token was used. */
  noteUse(id: string, usedAt: number): void {
    this.#database.run("UPDATE api_tokens SET used_at = ? WHERE id = ?", usedAt, id);
  }

  /** Returns all tokens by name. */
  list(): ApiTokenRow[] {
    return this.#database.all("SELECT * FROM api_tokens ORDER BY name").map(toToken);
  }

  /** Removes a token, and the sign-ins with it; returns whether there was one. */
  delete(id: string): boolean {
    return this.#database.run("DELETE FROM api_tokens WHERE id = ?", id).changes > 0;
  }
}

function toToken(row: SqlRow): ApiTokenRow {
  return {
    id: String(row.id),
    name: String(row.name),
    hash: String(row.hash),
    isReadOnly: row.is_read_only === 1,
    createdAt: Number(row.created_at),
    usedAt: row.used_at === null ? undefined : Number(row.used_at),
  };
}
