/**
 * The table of the other machines that the hub shows.
 *
 * @module
 */

import type { Database, SqlRow } from "./database.ts";

/** A host as it is stored. */
export interface HostRow {
  /** The name, which is unique. */
  readonly name: string;
  /** How it is reached. */
  readonly line: string;
  /** Its address; `undefined` if the line needs none. */
  readonly address: string | undefined;
  /** A number that no other host has, which names its sockets. */
  readonly slot: number;
  /** When it was added, in milliseconds since the epoch. */
  readonly addedAt: number;
  /** When it was last seen, in milliseconds since the epoch; `undefined` if never. */
  readonly seenAt: number | undefined;
  /** What was last seen of it, in JSON; `undefined` if it was never seen. */
  readonly seen: string | undefined;
}

/** All hosts. */
export class HostTable {
  readonly #database: Database;

  /** @param database The database, which has the table. */
  constructor(database: Database) {
    this.#database = database;
  }

  /** Returns the hosts, sorted by name. */
  list(): HostRow[] {
    return this.#database.all("SELECT * FROM hosts ORDER BY name").map(toHost);
  }

  /**
   * Adds a host.
   *
   * @throws {StoreError} If there is one of that name or slot, with the reason `conflict`.
   */
  insert({ name, line, address, slot, addedAt }: Omit<HostRow, "seenAt" | "seen">): void {
    this.#database.run(
      "INSERT INTO hosts (name, line, address, slot, added_at) VALUES (?, ?, ?, ?, ?)",
      name,
      line,
      address ?? null,
      slot,
      addedAt,
    );
  }

  /** Stores what was seen of a host. */
  noteSeen(name: string, seenAt: number, seen: string): void {
    this.#database.run("UPDATE hosts SET seen_at = ?, seen = ? WHERE name = ?", seenAt, seen, name);
  }

  /** Removes a host; returns whether there was one. */
  delete(name: string): boolean {
    return this.#database.run("DELETE FROM hosts WHERE name = ?", name).changes > 0;
  }
}

function toHost(row: SqlRow): HostRow {
  return {
    name: String(row.name),
    line: String(row.line),
    address: row.address === null ? undefined : String(row.address),
    slot: Number(row.slot),
    addedAt: Number(row.added_at),
    seenAt: row.seen_at === null ? undefined : Number(row.seen_at),
    seen: row.seen === null ? undefined : String(row.seen),
  };
}
