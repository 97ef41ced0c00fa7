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

  /** Returns the oldest delivery of a webhook, if there is one. */
  first(webhook: string): DeliveryRow | undefined {
    const row = this.#database.get("SELECT * FROM deliveries WHERE webhook = ? ORDER BY id LIMIT 1", webhook);
    return row && toDelivery(row);
  }

  /** Notes that a delivery was tried in vain, and when to try again. */
  postpone(id: number, tries: number, nextAt: number): void {
    this.#database.run("UPDATE deliveries SET tries = ?, next_at = ? WHERE id = ?", tries, nextAt, id);
  }

  /** Removes a delivery. */
  delete(id: number): void {
    this.#database.run("DELETE FROM deliveries WHERE id = ?", id);
  }

  /** Removes the oldest deliveries of a webhook until only some are left; returns how many it removed. */
  trim(webhook: string, most: number): number {
    return this.#database.run(
      `DELETE FROM deliveries WHERE id IN
        (SELECT id FROM deliveries WHERE webhook = ? ORDER BY id DESC LIMIT -1 OFFSET ?)`,
      webhook,
      most,
    ).changes;
  }

  /** Removes deliveries of a webhook that happened before a time; returns how many there were. */
  deleteOld(webhook: string, before: number): number {
    return this.#database.run("DELETE FROM deliveries WHERE webhook = ? AND at < ?", webhook, before).changes;
  }

  /** Removes the deliveries of all webhooks but some; returns how many there were. */
  deleteOthers(webhooks: readonly string[]): number {
    const sql = "DELETE FROM deliveries WHERE webhook NOT IN (SELECT value FROM json_each(?))";
    return this.#database.run(sql, JSON.stringify(webhooks)).changes;
  }

  /**
   * How many deliveries there are.
   *
   * @param webhook Only those of this webhook. @default {all}
   */
  count(webhook?: string): number {
    const sql = "SELECT count(*) AS n FROM deliveries WHERE ?1 IS NULL OR webhook = ?1";
    return Number(this.#database.get(sql, webhook ?? null)?.n);
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
