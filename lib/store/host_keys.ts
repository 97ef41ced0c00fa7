/**
 * The table of the keys with which hosts dial this hub. Each host has one at most.
 *
 * @module
 */

import type { Database } from "./database.ts";

/** A key as it is stored. */
export interface HostKeyRow {
  /** The host, which is the only one that it is for. */
  readonly host: string;
  /** The hash of the key. */
  readonly hash: string;
  /** When it was made, in milliseconds since the epoch. */
  readonly createdAt: number;
}

/** All keys. */
export class HostKeyTable {
  readonly #database: Database;

  /** @param database The database, which has the table. */
  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Adds a key.
   *
   * @throws {StoreError} If the host has one, with the reason `conflict`.
   */
  insert({ host, hash, createdAt }: HostKeyRow): void {
    this.#database.run("INSERT INTO host_keys (host, hash, created_at) VALUES (?, ?, ?)", host, hash, createdAt);
  }

  /** Whether a host has a key. */
  has(host: string): boolean {
    return this.#database.all("SELECT 1 FROM host_keys WHERE host = ?", host).length > 0;
  }

  /** Returns the host of a key; `undefined` if there is no such key. */
  hostOf(hash: string): string | undefined {
    const [row] = this.#database.all("SELECT host FROM host_keys WHERE hash = ?", hash);
    return row === undefined ? undefined : String(row.host);
  }

  /** Removes the key of a host; returns whether it had one. */
  delete(host: string): boolean {
    return this.#database.run("DELETE FROM host_keys WHERE host = ?", host).changes > 0;
  }
}
