/**
 * What is known about all events together: their size, and how many wait for the full-text index.
 *
 * @module
 */

import type { Database } from "./database.ts";
import type { FullText } from "./full_text.ts";

/** How many events wait for the full-text index at most. Together they cost a third of what they would one by one. */
const MAX_WAITING = 1_024;
/** How much text waits at most, in bytes. */
const MAX_WAITING_BYTES = 256 << 10;

interface Totals {
  /** The size of all events, in bytes. */
  bytes: number;
  /** The last id in the full-text index. */
  indexed: number;
  /** The last id that was given. */
  lastId: number;
  /** The size of the texts that are not in the index, in bytes. */
  waitingBytes: number;
}

/** Counts the events in memory; what it counted is stored at the end of each transaction, with the events. */
export class EventTotals {
  readonly #database: Database;
  readonly #fullText: FullText;
  /** `undefined` if not known. */
  #totals: Totals | undefined;
  #isChanged = false;

  /** @param fullText The index, which it fills. */
  constructor(database: Database, fullText: FullText) {
    this.#database = database;
    this.#fullText = fullText;
    database.addHooks({ beforeCommit: () => this.#store(), afterRollback: () => this.#forget() });
  }

  /** The size of all events, in bytes, as {@linkcode EventTotals.add} was told. */
  get bytes(): number {
    return this.#known().bytes;
  }

  /** The last id that was given; 0 if there was none. */
  get lastId(): number {
    return this.#known().lastId;
  }

  /**
   * Counts a new event.
   *
   * @param bytes Its size.
   * @param textBytes The size of its text for the index.
   */
  add(id: number, bytes: number, textBytes: number): void {
    const totals = this.#known();
    totals.lastId = id;
    totals.bytes += bytes;
    totals.waitingBytes += textBytes;
    this.#isChanged = true;
  }

  /** Counts removed events, by their size in bytes. */
  subtract(bytes: number): void {
    this.#known().bytes -= bytes;
    this.#isChanged = true;
  }

  /** Gives no event an id up to this one any more. */
  skipTo(id: number): void {
    if (id <= this.lastId) return;
    const { changes } = this.#database.run("UPDATE sqlite_sequence SET seq = ? WHERE name = 'events'", id);
    if (changes === 0) this.#database.run("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', ?)", id);
    this.#forget();
  }

  /** Puts the events that wait into the full-text index. */
  index(): void {
    const totals = this.#known();
    if (totals.indexed === totals.lastId) return;
    this.#database.transaction(() => {
      this.#fullText.index(totals.indexed + 1, totals.lastId);
      totals.indexed = totals.lastId;
      totals.waitingBytes = 0;
      this.#isChanged = true;
    });
  }

  #store(): void {
    if (!this.#isChanged) return;
    const totals = this.#known();
    if (totals.lastId - totals.indexed >= MAX_WAITING || totals.waitingBytes >= MAX_WAITING_BYTES) this.index();
    this.#database.run("UPDATE event_totals SET bytes = ?, indexed = ?", totals.bytes, totals.indexed);
    this.#isChanged = false;
  }

  #forget(): void {
    this.#totals = undefined;
    this.#isChanged = false;
  }

  #known(): Totals {
    return this.#totals ??= this.#read();
  }

  #read(): Totals {
    const row = this.#database.get("SELECT bytes, indexed FROM event_totals");
    const indexed = Number(row?.indexed ?? 0);
    // Unlike the highest id, this one does not fall when events are removed.
    const last = this.#database.get("SELECT seq FROM sqlite_sequence WHERE name = 'events'");
    const waiting = this.#database.get("SELECT sum(octet_length(text)) AS bytes FROM events WHERE id > ?", indexed);
    return {
      bytes: Number(row?.bytes ?? 0),
      indexed,
      lastId: Number(last?.seq ?? 0),
      waitingBytes: Number(waiting?.bytes ?? 0),
    };
  }
}
