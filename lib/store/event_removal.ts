/**
 * Removes events from the table, in steps of some milliseconds, and gives their space back to the file system.
 *
 * @module
 */

import type { Clock } from "../system/clock.ts";
import type { Database } from "./database.ts";
import { FROM_EVENTS } from "./event_page.ts";
import type { EventTotals } from "./event_totals.ts";
import type { PruneOptions } from "./event_types.ts";
import type { FullText } from "./full_text.ts";
import type { SessionKeys } from "./sessions.ts";

/** How many events one step of pruning removes at most, and for how long, in milliseconds. */
const PRUNE_EVENTS = 500;
const PRUNE_MS = 4;
/** How many events are looked at together. */
const PRUNE_CHUNK = 50;
/** How many pages of 4 KiB are given back at a time, and for how long in one step, in milliseconds. */
const VACUUM_PAGES = 64;
const VACUUM_MS = 4;

/** What removing events works with. */
export interface EventRemovalParts {
  /** The database. */
  readonly database: Database;
  /** The numbers of the sessions. */
  readonly keys: SessionKeys;
  /** The source of time. */
  readonly clock: Clock;
  /** The full-text index. */
  readonly fullText: FullText;
  /** What all events occupy. */
  readonly totals: EventTotals;
}

/** See the module comment. */
export class EventRemoval {
  readonly #database: Database;
  readonly #keys: SessionKeys;
  readonly #clock: Clock;
  readonly #fullText: FullText;
  readonly #totals: EventTotals;
  /** Up to which id the steps of pruning have come. */
  #prunedTo = 0;

  /** Removes nothing yet. */
  constructor({ database, keys, clock, fullText, totals }: EventRemovalParts) {
    this.#database = database;
    this.#keys = keys;
    this.#clock = clock;
    this.#fullText = fullText;
    this.#totals = totals;
  }

  /** See `EventTable.prune()`. */
  prune(options: PruneOptions): number {
    const start = this.#clock.elapsed();
    const removed = this.#database.transaction(() => this.#removeOldest(options, start));
    if (removed === 0) this.#prunedTo = 0;
    this.#reclaimUntil(start + PRUNE_MS + VACUUM_MS);
    return removed;
  }

  /** See `EventTable.reclaim()`. */
  reclaim(): boolean {
    return this.#reclaimUntil(this.#clock.elapsed() + VACUUM_MS);
  }

  /** See `EventTable.removeOf()`. */
  removeOf(session: string): number {
    const end = this.#clock.elapsed() + PRUNE_MS;
    const key = this.#keys.find(session);
    if (key === undefined) return 0;
    return this.#database.transaction(() => {
      let removed = 0;
      let found = 0;
      do {
        const sql = `SELECT id, size FROM events WHERE session = ? ORDER BY id LIMIT ${PRUNE_CHUNK}`;
        const rows = this.#database.all(sql, key);
        for (const { id, size } of rows) this.#remove(Number(id), Number(size));
        removed += found = rows.length;
      } while (found === PRUNE_CHUNK && removed < PRUNE_EVENTS && this.#clock.elapsed() < end);
      return removed;
    });
  }

  #removeOldest({ before, maxBytes, spare }: PruneOptions, start: number): number {
    let removed = 0;
    for (;;) {
      const rows = this.#database.all(
        `SELECT e.id, s.id AS session, e.seq, e.at, e.size ${FROM_EVENTS} WHERE e.id > ? ORDER BY e.id LIMIT ${PRUNE_CHUNK}`,
        this.#prunedTo,
      );
      let isDone = rows.length < PRUNE_CHUNK;
      for (const { id, session, seq, at, size } of rows) {
        if (Number(at) >= before && this.#totals.bytes <= maxBytes) {
          isDone = true;
          break;
        }
        this.#prunedTo = Number(id);
        if (spare(String(session), Number(seq))) continue;
        this.#remove(this.#prunedTo, Number(size));
        removed++;
      }
      const isLong = removed >= PRUNE_EVENTS || this.#clock.elapsed() - start >= PRUNE_MS;
      if (isDone || (removed > 0 && isLong)) break;
    }
    this.#fullText.dropEmpty(this.#totals.lastId, 1);
    return removed;
  }

  #remove(id: number, size: number): void {
    this.#database.run("DELETE FROM events WHERE id = ?", id);
    this.#totals.subtract(size);
  }

  #reclaimUntil(end: number): boolean {
    let hasMore = true;
    do hasMore = this.#database.vacuum(VACUUM_PAGES); while (hasMore && this.#clock.elapsed() < end);
    return hasMore;
  }
}
