/**
 * The table of what webhooks still have to deliver.
 *
 * @module
 */

import type { Database, SqlRow } from "./database.ts";

/** A delivery as it is stored. Times are in milliseconds since the epoch. */
export interface DeliveryRow {
  /** Grows with each delivery. */
  readonly id: number;
  /** Which webhook; the key is the caller's. */
  readonly webhook: string;
  /** The name of the event. */
  readonly event: string;
  /** What to deliver. */
  readonly body: string;
  /** When it happened. */
  readonly at: number;
  /** How often it was tried. */
  readonly tries: number;
  /** When to try next. */
  readonly nextAt: number;
}

/** The deliveries of all webhooks. */
export class DeliveryTable {
  readonly #database: Database;

  /** @param database The database, which has the table. */
  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds a delivery; returns its id. */
  insert({ webhook, event, body, at, nextAt }: Omit<DeliveryRow, "id" | "tries">): number {
    return this.#database.run(
      "INSERT INTO deliveries (webhook, event, body, at, tries, next_at) VALUES (?, ?, ?, ?, 0, ?)",
      webhook,
      event,
      body,
      at,
      nextAt,
    ).id;
  }

  /** Returns deliveries that are due, the oldest first. */
  due(now: number, limit: number): DeliveryRow[] {
    return this.#database.all("SELECT * FROM deliveries WHERE next_at <= ? ORDER BY id LIMIT ?", now, limit).map(
      toDelivery,
    );
  }

  /** Returns when the next delivery is due; `undefined` if there is none. */
  nextAt(): number | undefined {
    const at = this.#database.get("SELECT min(next_at) AS at FROM deliveries")?.at;
    return at === null || at === undefined ? undefined : Number(at);
  }

  /** Notes that a delivery was tried in vain, and when to try again. */
  postpone(id: number, tries: number, nextAt: number): void {
    this.#database.run("UPDATE deliveries SET tries = ?, next_at = ? WHERE id = ?", tries, nextAt, id);
  }

  /** Removes a delivery. */
  delete(id: number): void {
    this.#database.run("DELETE FROM deliveries WHERE id = ?", id);
  }

  /** How many deliveries there are. */
  count(): number {
    return Number(this.#database.get("SELECT count(*) AS n FROM deliveries")?.n);
  }
}

function toDelivery(row: SqlRow): DeliveryRow {
  return {
    id: Number(row.id),
    webhook: String(row.webhook),
    event: String(row.event),
    body: String(row.body),
    at: Number(row.at),
    tries: Number(row.tries),
    nextAt: Number(row.next_at),
  };
}
