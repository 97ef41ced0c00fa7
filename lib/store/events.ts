/**
 * The table of events: appended, read in pages, searched, and removed from the oldest on.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Clock } from "../system/clock.ts";
import type { Database, SqlRow } from "./database.ts";
import { COLUMNS, FROM_EVENTS, pageSelect } from "./event_page.ts";
import { EventRemoval } from "./event_removal.ts";
import { EventTotals } from "./event_totals.ts";
import type { EventRow, FoundEvent, NewEvent, PageOptions, PruneOptions, SearchOptions } from "./event_types.ts";
import { FullText } from "./full_text.ts";
import { parseQuery, toMatch } from "./search_query.ts";
import type { SessionKeys } from "./sessions.ts";
import { snippetOf } from "./snippet.ts";
import { StoreError } from "./store_error.ts";

const PAGE_BYTES = 4 << 20;
/** How large the payloads that a search returns may be together, in bytes. */
const SEARCH_BYTES = 16 << 20;
/** How much of a text is looked through for a snippet, in characters. */
const SNIPPET_SOURCE = 64 << 10;
/** What an event takes in the file beside its payload and twice its text, in bytes: its row and its entries in the
 * indexes. */
const EVENT_BYTES = 150;
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
  readonly #fullText: FullText;
  readonly #totals: EventTotals;
  readonly #removal: EventRemoval;

  /**
   * @param keys The numbers of the sessions, shared by all tables.
   * @param clock The source of time.
   */
  constructor(database: Database, keys: SessionKeys, clock: Clock) {
    this.#database = database;
    this.#keys = keys;
    this.#fullText = new FullText(database);
    this.#totals = new EventTotals(database, this.#fullText);
    this.#removal = new EventRemoval({ database, keys, clock, fullText: this.#fullText, totals: this.#totals });
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

  /** Gives no event an id up to this one any more: others know events of these ids that this store does not have. */
  skipTo(id: number): void {
    this.#database.transaction(() => this.#totals.skipTo(id));
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
    const row = this.#database.get(`SELECT ${COLUMNS} ${FROM_EVENTS} WHERE e.id = ?`, id);
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
      const sql = `SELECT ${COLUMNS}, substr(e.text, 1, ${SNIPPET_SOURCE}) AS text ${FROM_EVENTS} WHERE e.id = ?`;
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
    return this.#removal.prune(options);
  }

  /**
   * Gives space that removed events and sessions have left back to the file system, in a step of some milliseconds.
   *
   * @returns Whether there is more.
   * @throws {StoreError} If the file cannot be written.
   */
  reclaim(): boolean {
    return this.#removal.reclaim();
  }

  /**
   * Removes the oldest events of a session, in a step of some milliseconds. To be called until it returns 0, with turns
   * of the event loop in between, before a session with many events is deleted.
   *
   * @returns How many it removed; 0 if there are no more.
   * @throws {StoreError} If the file cannot be written; nothing is removed then.
   */
  removeOf(session: string): number {
    return this.#removal.removeOf(session);
  }

  /** Stops counting the events of a session that is about to go; for the table of sessions. */
  forget(key: number): void {
    const row = this.#database.get("SELECT sum(size) AS bytes FROM events WHERE session = ?", key);
    this.#totals.subtract(Number(row?.bytes ?? 0));
  }
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
