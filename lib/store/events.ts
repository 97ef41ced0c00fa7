/**
 * The table of events: appended, read in pages, searched, and removed from the oldest on.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Clock } from "../system/clock.ts";
import type { Database, SqlRow, SqlValue } from "./database.ts";
import { EventTotals } from "./event_totals.ts";
import { FullText } from "./full_text.ts";
import { parseQuery, toMatch } from "./search_query.ts";
import type { SessionKeys } from "./sessions.ts";
import { snippetOf } from "./snippet.ts";
import { StoreError } from "./store_error.ts";

/** An event that is to be stored. */
export interface NewEvent {
  /** The id of its session. */
  readonly session: string;
  /** Its number in the session. */
  readonly seq: number;
  /** When it happened, in milliseconds since the epoch. */
  readonly at: number;
  /** Its type. */
  readonly type: string;
  /** Its subtype, if there is one. */
  readonly subtype?: string;
  /** Its UUID, if there is one. */
  readonly uuid?: string;
  /** What it says, in JSON. */
  readonly payload: string;
  /** What a search finds, if anything. */
  readonly text?: string;
}

/** An event as it is stored. */
export interface EventRow {
  /** Its number over all sessions. */
  readonly id: number;
  /** The id of its session. */
  readonly session: string;
  /** Its number in the session. */
  readonly seq: number;
  /** When it happened, in milliseconds since the epoch. */
  readonly at: number;
  /** Its type. */
  readonly type: string;
  /** Its subtype, if there is one. */
  readonly subtype?: string;
  /** Its UUID, if there is one. */
  readonly uuid?: string;
  /** What it says, in JSON. */
  readonly payload: string;
}

/** An event that a search found. */
export interface FoundEvent extends EventRow {
  /** About 160 characters of its text, the matches between « and ». */
  readonly snippet: string;
}

/** Which events a page has. */
export interface PageOptions {
  /** Only events of this session. */
  readonly session?: string;
  /** Only events of these sessions. */
  readonly sessions?: readonly string[];
  /** Only events with a higher id. */
  readonly after?: number;
  /** Only events with a lower id; the page has the newest of them. @default {all, the oldest first} */
  readonly before?: number;
  /** How many events to leave out at the beginning. @default {0} */
  readonly offset?: number;
  /** How many events at most. */
  readonly limit: number;
  /** Only events of these types. */
  readonly types?: readonly string[];
  /** How large the payloads may be together, in bytes; one event may exceed it alone. @default {4 MiB} */
  readonly maxBytes?: number;
}

/** What to search for. */
export interface SearchOptions {
  /** Words, `"quoted phrases"`, and `*` at the end of either for the beginning of a word; all must be found. */
  readonly query: string;
  /** How many events at most. */
  readonly limit: number;
}

/** Which events to remove. */
export interface PruneOptions {
  /** Events before this time go, in milliseconds since the epoch. */
  readonly before: number;
  /** The oldest events go until all events together have this size, in bytes. */
  readonly maxBytes: number;
  /** Whether an event stays whatever its age; must not use the store. */
  readonly spare: (session: string, seq: number) => boolean;
}

const PAGE_BYTES = 4 << 20;
/** How large the payloads that a search returns may be together, in bytes. */
const SEARCH_BYTES = 16 << 20;
/** How much of a text is looked through for a snippet, in characters. */
const SNIPPET_SOURCE = 64 << 10;
/** What an event takes in the file beside its payload and twice its text, in bytes: its row and its entries in the
 * indexes. */
const EVENT_BYTES = 150;
/** With more sessions than this, a page is read through all events. */
const MAX_ARMS = 100;
/** How many events one step of pruning removes at most, and for how long, in milliseconds. */
const PRUNE_EVENTS = 500;
const PRUNE_MS = 4;
/** How many events are looked at together. */
const PRUNE_CHUNK = 50;
/** How many pages of 4 KiB are given back at a time, and for how long in one step, in milliseconds. */
const VACUUM_PAGES = 64;
const VACUUM_MS = 4;

const COLUMNS = "e.id, s.id AS session, e.seq, e.at, e.type, e.subtype, e.uuid, e.payload";
const FROM = "FROM events e CROSS JOIN sessions s ON s.key = e.session";

/** Looks into each part of the index, the newest first. */
const FIND_UUID = `
  WITH RECURSIVE parts (part, first) AS (
    SELECT max(id) / 8192, (SELECT min(id) / 8192 FROM events) FROM events
    UNION ALL SELECT part - 1, first FROM parts WHERE part > first
  )
  SELECT 1 FROM parts CROSS JOIN events INDEXED BY events_by_uuid
  ON id / 8192 = part AND substr(uuid, -6) = substr(?, -6) AND uuid = ? AND session = ? LIMIT 1`;

/** The events of all sessions. */
export class EventTable {
  readonly #database: Database;
  readonly #keys: SessionKeys;
  readonly #clock: Clock;
  readonly #fullText: FullText;
  readonly #totals: EventTotals;
  /** Up to which id the steps of pruning have come. */
  #prunedTo = 0;

  /**
   * @param keys The numbers of the sessions, shared by all tables.
   * @param clock The source of time.
   */
  constructor(database: Database, keys: SessionKeys, clock: Clock) {
    this.#database = database;
    this.#keys = keys;
    this.#clock = clock;
    this.#fullText = new FullText(database);
    this.#totals = new EventTotals(database, this.#fullText);
  }

  /** The last id that was given, over all restarts; 0 if there was none. */
  get lastId(): number {
    return this.#totals.lastId;
  }

  /** What all events occupy, in bytes, about. */
  get bytes(): number {
    return this.#totals.bytes;
  }

  /**
   * Adds an event.
   *
   * @returns Its id: one more than the last that was given. An id is never given twice, unless the transaction that
   * gave it was rolled back.
   * @throws {StoreError} If there is no such session, with the reason `conflict`.
   */
  append(event: NewEvent): number {
    return this.#database.transaction(() => {
      const text = event.text === "" ? undefined : event.text;
      const textBytes = text === undefined ? 0 : Buffer.byteLength(text);
      const size = Buffer.byteLength(event.payload) + 2 * textBytes + EVENT_BYTES;
      const { id } = this.#database.run(
        `INSERT INTO events (session, seq, at, size, type, subtype, uuid, payload, text)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        this.#keys.keyOf(event.session),
        event.seq,
        event.at,
        size,
        event.type,
        event.subtype ?? null,
        event.uuid ?? null,
        event.payload,
        text ?? null,
      );
      this.#totals.add(id, size, textBytes);
      return id;
    });
  }

  /** Returns a page of events, in the order in which they happened. It has an event if there is one. */
  page(options: PageOptions): EventRow[] {
    const { limit, maxBytes = PAGE_BYTES } = options;
    const rows: EventRow[] = [];
    if (!(limit > 0)) return rows;
    const select = pageSelect(options, (id) => this.#keys.find(id));
    if (select === undefined) return rows;
    let bytes = 0;
    this.#database.each(select.sql, select.values, (row) => {
      const event = toRow(row);
      bytes += Buffer.byteLength(event.payload);
      if (rows.length > 0 && bytes > maxBytes) return false;
      rows.push(event);
      return bytes < maxBytes;
    });
    return options.before === undefined ? rows : rows.reverse();
  }

  /** Returns an event, if there is one. */
  get(id: number): EventRow | undefined {
    const row = this.#database.get(`SELECT ${COLUMNS} ${FROM} WHERE e.id = ?`, id);
    return row && toRow(row);
  }

  /**
   * Returns the newest event of a session, if there is one.
   *
   * @param kind The type and the subtype that it must have. @default {any}
   */
  lastOf(
    session: string,
    kind?: { readonly type: string; readonly subtype: string },
  ): { readonly id: number; readonly seq: number } | undefined {
    const key = this.#keys.find(session);
    if (key === undefined) return undefined;
    const filter = kind === undefined ? "" : "AND type = ? AND subtype = ?";
    const values = kind === undefined ? [] : [kind.type, kind.subtype];
    const sql = `SELECT id, seq FROM events INDEXED BY events_of_session WHERE session = ? ${filter}
      ORDER BY id DESC LIMIT 1`;
    const row = this.#database.get(sql, key, ...values);
    return row && { id: Number(row.id), seq: Number(row.seq) };
  }

  /** Whether a session has an event of that UUID. */
  hasUuid(session: string, uuid: string): boolean {
    const key = this.#keys.find(session);
    return key !== undefined && this.#database.get(FIND_UUID, uuid, uuid, key) !== undefined;
  }

  /** Returns the events whose text a query finds, the newest first; with very large payloads fewer than there are. Any
   * query is fine; one without a word finds nothing. */
  search({ query, limit }: SearchOptions): FoundEvent[] {
    const terms = parseQuery(query);
    const found: FoundEvent[] = [];
    if (terms.length === 0) return found;
    this.index();
    let bytes = 0;
    const columns = `${COLUMNS}, substr(e.text, 1, ${SNIPPET_SOURCE}) AS text`;
    this.#fullText.search(toMatch(terms), limit, columns, (row) => {
      const event = toRow(row);
      found.push({ ...event, snippet: snippetOf(String(row.text), terms) });
      bytes += Buffer.byteLength(event.payload);
      return bytes < SEARCH_BYTES;
    });
    return found;
  }

  /**
   * Returns the events whose text a query finds best, the best first. It looks at every event that matches, which takes
   * long for a frequent word: it is meant for a worker, which opens the file with {@linkcode Database.openToRead}.
   *
   * @param isOver Whether the time is over: the oldest events are then left out.
   */
  searchBest({ query, limit }: SearchOptions, isOver: () => boolean): FoundEvent[] {
    const terms = parseQuery(query);
    if (terms.length === 0) return [];
    const found: FoundEvent[] = [];
    let bytes = 0;
    for (const id of this.#fullText.rank(toMatch(terms), limit, isOver)) {
      const sql = `SELECT ${COLUMNS}, substr(e.text, 1, ${SNIPPET_SOURCE}) AS text ${FROM} WHERE e.id = ?`;
      const row = this.#database.get(sql, id);
      if (row === undefined) continue;
      const event = toRow(row);
      bytes += Buffer.byteLength(event.payload);
      if (found.length > 0 && bytes > PAGE_BYTES) break;
      found.push({ ...event, snippet: snippetOf(String(row.text), terms) });
    }
    return found;
  }

  /** Puts events that wait into the full-text index; without room on the disk a search does not find them. */
  index(): void {
    try {
      this.#totals.index();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /**
   * Removes old events, in a step of some milliseconds, and gives their space back to the file system. To be called
   * until it returns 0, with turns of the event loop in between.
   *
   * @returns How many it removed; 0 if there are no more.
   * @throws {StoreError} If the file cannot be written; nothing is removed then.
   */
  prune(options: PruneOptions): number {
    const start = this.#clock.elapsed();
    const removed = this.#database.transaction(() => this.#removeOldest(options, start));
    if (removed === 0) this.#prunedTo = 0;
    this.#reclaimUntil(start + PRUNE_MS + VACUUM_MS);
    return removed;
  }

  /**
   * Gives space that removed events and sessions have left back to the file system, in a step of some milliseconds.
   *
   * @returns Whether there is more.
   * @throws {StoreError} If the file cannot be written.
   */
  reclaim(): boolean {
    return this.#reclaimUntil(this.#clock.elapsed() + VACUUM_MS);
  }

  /**
   * Removes the oldest events of a session, in a step of some milliseconds. To be called until it returns 0, with turns
   * of the event loop in between, before a session with many events is deleted.
   *
   * @returns How many it removed; 0 if there are no more.
   * @throws {StoreError} If the file cannot be written; nothing is removed then.
   */
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

  /** Stops counting the events of a session that is about to go; for the table of sessions. */
  forget(key: number): void {
    const row = this.#database.get("SELECT sum(size) AS bytes FROM events WHERE session = ?", key);
    this.#totals.subtract(Number(row?.bytes ?? 0));
  }

  #removeOldest({ before, maxBytes, spare }: PruneOptions, start: number): number {
    let removed = 0;
    for (;;) {
      const rows = this.#database.all(
        `SELECT e.id, s.id AS session, e.seq, e.at, e.size ${FROM} WHERE e.id > ? ORDER BY e.id LIMIT ${PRUNE_CHUNK}`,
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
    this.#fullText.dropEmpty(this.lastId, 1);
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

interface Select {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** Returns the statement of a page; `undefined` if the page is empty in any case. */
function pageSelect(options: PageOptions, find: (session: string) => number | undefined): Select | undefined {
  const { after = 0, before, offset = 0, limit, types } = options;
  if (types?.length === 0) return undefined;
  const keys = keysOf(options, find);
  if (keys?.length === 0) return undefined;
  const arms = keys === undefined || keys.length > MAX_ARMS ? [everyArm(keys)] : keys.map(oneArm);
  const typeFilter = types === undefined ? "" : ` AND type IN (${types.map(() => "?").join(", ")})`;
  const [endFilter, order] = before === undefined ? ["", ""] : [" AND id < ?", " DESC"];
  // Each arm gives its ids in order; SQLite merges them and stops at the limit.
  const ids = arms.map(({ sql }) => `SELECT id FROM events ${sql}${typeFilter}${endFilter}`).join(" UNION ALL ");
  const end = before === undefined ? [] : [before];
  const values = arms.flatMap((arm) => [after, ...arm.values, ...types ?? [], ...end]);
  return {
    sql: `SELECT ${COLUMNS} FROM (${ids} ORDER BY id${order} LIMIT ? OFFSET ?) p
      CROSS JOIN events e ON e.id = p.id CROSS JOIN sessions s ON s.key = e.session ORDER BY p.id${order}`,
    values: [...values, limit, offset],
  };
}

function keysOf({ session, sessions }: PageOptions, find: (id: string) => number | undefined): number[] | undefined {
  if (session === undefined && sessions === undefined) return undefined;
  const ids = session === undefined
    ? sessions ?? []
    : sessions === undefined || sessions.includes(session)
    ? [session]
    : [];
  return [...new Set(ids)].map(find).filter((key) => key !== undefined).sort((a, b) => a - b);
}

function oneArm(key: number): Select {
  return { sql: "INDEXED BY events_of_session WHERE id > ? AND session = ?", values: [key] };
}

function everyArm(keys: readonly number[] | undefined): Select {
  if (keys === undefined) return { sql: "NOT INDEXED WHERE id > ?", values: [] };
  // A list as JSON is one parameter, however long it is.
  const filter = "session IN (SELECT value FROM json_each(?))";
  return { sql: `NOT INDEXED WHERE id > ? AND ${filter}`, values: [JSON.stringify(keys)] };
}

function toRow(row: SqlRow): EventRow {
  return {
    id: Number(row.id),
    session: String(row.session),
    seq: Number(row.seq),
    at: Number(row.at),
    type: String(row.type),
    ...(row.subtype === null ? {} : { subtype: String(row.subtype) }),
    ...(row.uuid === null ? {} : { uuid: String(row.uuid) }),
    payload: String(row.payload),
  };
}
