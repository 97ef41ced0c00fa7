/**
 * The full-text index of the events.
 *
 * It is made of one FTS5 table for each {@linkcode SHARD_EVENTS} ids. A search goes through them from the newest and
 * ends as soon as it has enough, so that a frequent word or a short prefix costs no more among millions of events; no
 * merge inside FTS5 ever has more than one shard to move; and once all events of a shard are gone the whole table is
 * dropped at once. Entries of single events that were removed stay until then: their ids are never given again, and a
 * search leaves out what has no event.
 *
 * The tables hold no texts: these stand in the events.
 *
 * @module
 */

import type { Database, SqlRow } from "./database.ts";

/** How many ids a shard has. */
export const SHARD_EVENTS = 65_536;

/** The full-text index. */
export class FullText {
  readonly #database: Database;
  /** The numbers of the shards, in order; `undefined` if not known. */
  #shards: number[] | undefined;

  /** @param database Where the events are. */
  constructor(database: Database) {
    this.#database = database;
    database.addHooks({ beforeCommit: () => {}, afterRollback: () => void (this.#shards = undefined) });
  }

  /** Adds the events of some ids, from the first to the last. */
  index(first: number, last: number): void {
    for (let from = first; from <= last;) {
      const shard = shardOf(from);
      const to = Math.min(last, lastOf(shard));
      this.#make(shard);
      this.#database.run(
        `INSERT INTO text_${shard} (rowid, text)
          SELECT id, text FROM events WHERE id BETWEEN ? AND ? AND text IS NOT NULL ORDER BY id`,
        from,
        to,
      );
      from = to + 1;
    }
  }

  /**
   * Calls a function with the events that match, the newest first.
   *
   * @param match A query of FTS5.
   * @param limit How many at most.
   * @param columns What to select; the events are `e`, their sessions `s`.
   * @param visit Returns whether it wants the next one; must not use the database.
   */
  search(match: string, limit: number, columns: string, visit: (row: SqlRow) => boolean): void {
    let left = limit;
    let goesOn = true;
    for (const shard of this.#known().toReversed()) {
      if (left <= 0 || !goesOn) return;
      const table = `text_${shard}`;
      const sql = `SELECT ${columns} FROM ${table} CROSS JOIN events e ON e.id = ${table}.rowid
        CROSS JOIN sessions s ON s.key = e.session
        WHERE ${table} MATCH ? ORDER BY ${table}.rowid DESC LIMIT ?`;
      this.#database.each(sql, [match, left], (row) => {
        left--;
        return goesOn = visit(row);
      });
    }
  }

  /**
   * Returns the ids of the events that match best, the best first. Each shard is ranked as a whole, the newest first.
   *
   * @param match A query of FTS5.
   * @param limit How many at most.
   * @param isOver Whether the time is over; asked before each shard but the first.
   */
  rank(match: string, limit: number, isOver: () => boolean): number[] {
    let best: { readonly id: number; readonly rank: number }[] = [];
    for (const [i, shard] of this.#known().toReversed().entries()) {
      if (i > 0 && isOver()) break;
      const table = `text_${shard}`;
      const sql = `SELECT ${table}.rowid AS id, rank FROM ${table} CROSS JOIN events e ON e.id = ${table}.rowid
        WHERE ${table} MATCH ? ORDER BY rank, id DESC LIMIT ?`;
      const rows = this.#database.all(sql, match, limit).map(({ id, rank }) => ({
        id: Number(id),
        rank: Number(rank),
      }));
      best = [...best, ...rows].sort((a, b) => a.rank - b.rank || b.id - a.id).slice(0, limit);
    }
    return best.map(({ id }) => id);
  }

  /**
   * Drops the shards that have no event any more and will get none.
   *
   * @param lastId The last id that was given.
   * @param limit How many shards to drop at most.
   */
  dropEmpty(lastId: number, limit: number): void {
    let left = limit;
    for (const shard of [...this.#known()]) {
      if (left === 0 || lastOf(shard) > lastId) return;
      if (this.#hasEvents(shard)) continue;
      this.#database.exec(`DROP TABLE text_${shard}`);
      this.#shards = this.#known().filter((other) => other !== shard);
      left--;
    }
  }

  #hasEvents(shard: number): boolean {
    const sql = "SELECT 1 FROM events WHERE id BETWEEN ? AND ? LIMIT 1";
    return this.#database.get(sql, firstOf(shard), lastOf(shard)) !== undefined;
  }

  #make(shard: number): void {
    if (this.#known().includes(shard)) return;
    this.#database.exec(
      `CREATE VIRTUAL TABLE text_${shard} USING fts5(
        text, content='', tokenize="unicode61 remove_diacritics 2"
      )`,
    );
    this.#shards = [...this.#known(), shard].sort((a, b) => a - b);
  }

  #known(): readonly number[] {
    return this.#shards ??= this.#database
      .all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'text_[0-9]*'")
      .flatMap(({ name }) => /^text_(\d+)$/.exec(String(name))?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }
}

function shardOf(id: number): number {
  return Math.floor((id - 1) / SHARD_EVENTS);
}

function firstOf(shard: number): number {
  return shard * SHARD_EVENTS + 1;
}

function lastOf(shard: number): number {
  return (shard + 1) * SHARD_EVENTS;
}
