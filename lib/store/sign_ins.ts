/**
 * The table of browsers that have signed in.
 *
 * @module
 */

import type { Database, SqlRow } from "./database.ts";

/** A sign-in as it is stored. Times are in milliseconds since the epoch. */
export interface SignInRow {
  /** Unique, and no secret. */
  readonly id: string;
  /** The SHA-256 of the cookie, in hexadecimal digits. */
  readonly cookieHash: string;
  /** The SHA-256 of the key that only the page knows, in hexadecimal digits. */
  readonly pageKeyHash: string;
  /** Who signed in. */
  readonly user: string;
  /** How they signed in. */
  readonly way: string;
  /** The id of the API token that they signed in with; `undefined` if it was another way. */
  readonly token: string | undefined;
  /** Whether they may only look. */
  readonly isViewer: boolean;
  /** The network address of the browser. */
  readonly address: string;
  /** What the browser calls itself. */
  readonly agent: string;
  /** When they signed in. */
  readonly createdAt: number;
  /** When the sign-in was last used; about. */
  readonly usedAt: number;
  /** When it ends. */
  readonly expiresAt: number;
}

/** All sign-ins. */
export class SignInTable {
  readonly #database: Database;

  /** @param database The database, which has the table. */
  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Adds a sign-in.
   *
   * @throws {StoreError} If its id or cookie is there already, or its token is not, with the reason `conflict`.
   */
  insert(row: SignInRow): void {
    this.#database.run(
      `INSERT INTO sign_ins (id, cookie_hash, page_key_hash, user, way, token, is_viewer, address, agent, created_at,
        used_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      row.id,
      row.cookieHash,
      row.pageKeyHash,
      row.user,
      row.way,
      row.token ?? null,
      row.isViewer ? 1 : 0,
      row.address,
      row.agent,
      row.createdAt,
      row.usedAt,
      row.expiresAt,
    );
  }

  /** Returns the sign-in of a cookie, even if it has expired. */
  find(cookieHash: string): SignInRow | undefined {
    const row = this.#database.get("SELECT * FROM sign_ins WHERE cookie_hash = ?", cookieHash);
    return row && toSignIn(row);
  }

  /** Returns when a sign-in ends; `undefined` if there is none of that id. */
  expiryOf(id: string): number | undefined {
    const row = this.#database.get("SELECT expires_at FROM sign_ins WHERE id = ?", id);
    return row && Number(row.expires_at);
  }

  /** Notes that a sign-in was used, and when it ends now. */
  renew(id: string, usedAt: number, expiresAt: number): void {
    this.#database.run("UPDATE sign_ins SET used_at = ?, expires_at = ? WHERE id = ?", usedAt, expiresAt, id);
  }

  /** Returns the sign-ins that have not expired, the one that was used last first. */
  list(now: number): SignInRow[] {
    return this.#database.all("SELECT * FROM sign_ins WHERE expires_at > ? ORDER BY used_at DESC, id", now).map(
      toSignIn,
    );
  }

  /** Removes a sign-in; returns whether there was one. */
  delete(id: string): boolean {
    return this.#database.run("DELETE FROM sign_ins WHERE id = ?", id).changes > 0;
  }

  /** Removes all sign-ins; returns how many there were. */
  deleteAll(): number {
    return this.#database.run("DELETE FROM sign_ins").changes;
  }

  /** Removes the sign-ins of one way that are older than a time. */
  deleteBefore(way: string, at: number): void {
    this.#database.run("DELETE FROM sign_ins WHERE way = ? AND created_at < ?", way, at);
  }

  /** Removes the sign-ins that have expired. */
  deleteExpired(now: number): void {
    this.#database.run("DELETE FROM sign_ins WHERE expires_at <= ?", now);
  }
}

function toSignIn(row: SqlRow): SignInRow {
  return {
    id: String(row.id),
    cookieHash: String(row.cookie_hash),
    pageKeyHash: String(row.page_key_hash),
    user: String(row.user),
    way: String(row.way),
    token: row.token === null ? undefined : String(row.token),
    isViewer: row.is_viewer === 1,
    address: String(row.address),
    agent: String(row.agent),
    createdAt: Number(row.created_at),
    usedAt: Number(row.used_at),
    expiresAt: Number(row.expires_at),
  };
}
