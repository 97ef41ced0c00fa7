/**
 * What the transcripts of projects say about usage: each transcript is read once, and then only what was added. The index
 * is a file of its own, beside the hub's database: it can be made again from the transcripts at any time, and it is
 * written by a worker, for which the hub must not wait.
 *
 * An answer is counted once a project, by its id: the agent CLI writes a line for each block of it, and copies lines into
 * the transcripts of forks. What was counted stays counted when a transcript is shortened or removed.
 *
 * @module
 */

import { scanLines, type ScanPosition, START } from "../claude_home/line_scan.ts";
import { Database, IN_MEMORY, type SqlRow } from "../store/database.ts";
import { StoreError } from "../store/store_error.ts";
import { isThere, removeIfThere } from "../system/private_files.ts";
import { NotRegularError } from "../system/regular_file.ts";
import { findTranscripts, isUnreadable, type Transcript } from "./transcript_files.ts";
import { parseUsage, totalOf, USAGE_MARK, type UsageRecord } from "./usage_record.ts";

/** The usage of a model in a conversation on a day. */
export interface UsageBucket {
  /** The id of the conversation. */
  readonly session: string;
  /** The day, such as `2026-11-22`. */
  readonly day: string;
  /** The model. */
  readonly model: string;
  /** What was read. */
  readonly input: number;
  /** What was written. */
  readonly output: number;
  /** What was read from the cache. */
  readonly cacheRead: number;
  /** What was written to the cache. */
  readonly cacheCreation: number;
  /** The part of that which the cache keeps for an hour. */
  readonly cacheCreationLong: number;
  /** When something was last used, in milliseconds since the epoch. */
  readonly last: number;
}

/** The version of the tables; an index of another one is made anew. */
const VERSION = 1;
const SCHEMA = `
  CREATE TABLE files (
    project TEXT NOT NULL,
    path TEXT NOT NULL,
    inode INTEGER NOT NULL,
    size INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    tail BLOB NOT NULL,
    PRIMARY KEY (project, path)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE buckets (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    session TEXT NOT NULL,
    day TEXT NOT NULL,
    model TEXT NOT NULL,
    input INTEGER NOT NULL DEFAULT 0,
    output INTEGER NOT NULL DEFAULT 0,
    cache_read INTEGER NOT NULL DEFAULT 0,
    cache_creation INTEGER NOT NULL DEFAULT 0,
    cache_creation_long INTEGER NOT NULL DEFAULT 0,
    last INTEGER NOT NULL DEFAULT 0,
    UNIQUE (project, session, day, model)
  ) STRICT;

  CREATE TABLE answers (
    project TEXT NOT NULL,
    id TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    input INTEGER NOT NULL,
    output INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_creation INTEGER NOT NULL,
    cache_creation_long INTEGER NOT NULL,
    PRIMARY KEY (project, id)
  ) STRICT, WITHOUT ROWID;
`;
/** How many answers of a transcript are kept in memory. */
const MAX_FOUND = 20_000;
const COLUMNS = ["input", "output", "cache_read", "cache_creation", "cache_creation_long"] as const;
const FIND_ANSWER = "SELECT * FROM answers WHERE project = ? AND id = ?";
const PUT_ANSWER = "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const CHANGE_BUCKET = `UPDATE buckets SET ${
  COLUMNS.map((name) => `${name} = ${name} + ?`).join(", ")
}, last = max(last, ?) WHERE id = ?`;

/** The index. One program at a time uses its file. */
export class UsageIndex implements Disposable {
  readonly #database: Database;
  readonly #buckets = new Map<string, number>();

  private constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Opens an index; a damaged one is made anew.
   *
   * @param path The file; `:memory:` for an index that goes with the program.
   * @throws {StoreError} If the file cannot be read and written.
   */
  static async open(path: string = IN_MEMORY): Promise<UsageIndex> {
    try {
      return new UsageIndex(openDatabase(path));
    } catch (error) {
      if (!(error instanceof StoreError) || path === IN_MEMORY || !await isThere(path)) throw error;
      for (const suffix of ["", "-wal", "-shm"]) await removeIfThere(`${path}${suffix}`);
      return new UsageIndex(openDatabase(path));
    }
  }

  /**
   * Reads what was added to the transcripts of a project.
   *
   * @param project What the project is known by.
   * @param places Directories with transcripts, or transcripts.
   * @returns The usage of the project.
   * @throws {Error} If a transcript cannot be read.
   */
  async read(project: string, places: readonly string[]): Promise<UsageBucket[]> {
    const transcripts = (await Promise.all(places.map(findTranscripts))).flat();
    // What a fork has copied belongs to the conversation that was there before.
    transcripts.sort((a, b) => a.createdAt - b.createdAt || (a.path < b.path ? -1 : 1));
    for (const transcript of transcripts) await this.#refresh(project, transcript);
    return this.#database.all("SELECT * FROM buckets WHERE project = ? AND last > 0", project).map(toBucket);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#database.close();
  }

  async #refresh(project: string, transcript: Transcript): Promise<void> {
    const { path, session, size, modifiedAt, inode } = transcript;
    const known = this.#database.get("SELECT * FROM files WHERE project = ? AND path = ?", project, path);
    const isSame = known !== undefined && known["inode"] === inode;
    if (isSame && known["size"] === size && known["modified_at"] === modifiedAt) return;
    const found = new Map<string, UsageRecord>();
    const visit = (line: string) => {
      const record = parseUsage(line, { session, at: modifiedAt });
      if (record === undefined) return;
      const former = found.get(record.id);
      if (former === undefined || totalOf(record) > totalOf(former)) found.set(record.id, record);
      if (found.size < MAX_FOUND) return;
      // Without the position: if the hub ends now, these lines are read again, and count once all the same.
      this.#database.transaction(() => this.#addAll(project, found));
      found.clear();
    };
    let position: ScanPosition;
    try {
      position = await scanLines(path, { mark: USAGE_MARK, from: isSame ? positionOf(known) : START, visit });
    } catch (error) {
      // Somebody has removed it, or it is not ours to read: the others count all the same.
      if (error instanceof NotRegularError || isUnreadable(error)) return;
      throw error;
    }
    this.#database.transaction(() => {
      this.#addAll(project, found);
      this.#database.run(
        "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
        ...[project, path, inode, size, modifiedAt, position.offset, position.tail],
      );
    });
  }

  #addAll(project: string, found: ReadonlyMap<string, UsageRecord>): void {
    const changes = new Map<number, number[]>();
    for (const record of found.values()) this.#add(project, record, changes);
    for (const [bucket, values] of changes) this.#database.run(CHANGE_BUCKET, ...values, bucket);
  }

  #add(project: string, record: UsageRecord, changes: Map<number, number[]>): void {
    const database = this.#database;
    const former = database.get(FIND_ANSWER, project, record.id);
    if (former !== undefined) {
      const total = Number(former["input"]) + Number(former["output"]) + Number(former["cache_read"]) +
        Number(former["cache_creation"]);
      if (totalOf(record) <= total) return;
      change(changes, Number(former["bucket"]), COLUMNS.map((name) => -Number(former[name])), 0);
    }
    const bucket = this.#bucket(project, record);
    const { input, output, cacheRead, cacheCreation, cacheCreationLong, at } = record;
    const counts = [input, output, cacheRead, cacheCreation, cacheCreationLong];
    change(changes, bucket, counts, at);
    database.run(PUT_ANSWER, ...[project, record.id, bucket, ...counts]);
  }

  #bucket(project: string, { session, model, at }: UsageRecord): number {
    const key = [project, session, dayOf(at), model] as const;
    const text = JSON.stringify(key);
    const known = this.#buckets.get(text);
    if (known !== undefined) return known;
    this.#database.run("INSERT OR IGNORE INTO buckets (project, session, day, model) VALUES (?, ?, ?, ?)", ...key);
    const row = this.#database.get(
      "SELECT id FROM buckets WHERE project = ? AND session = ? AND day = ? AND model = ?",
      ...key,
    );
    const id = Number(row?.["id"]);
    this.#buckets.set(text, id);
    return id;
  }
}

/** Adds to the changes of a bucket: its counts, and when it was last used. */
function change(changes: Map<number, number[]>, bucket: number, counts: readonly number[], at: number): void {
  const former = changes.get(bucket);
  if (former === undefined) return void changes.set(bucket, [...counts, at]);
  counts.forEach((value, i) => former[i]! += value);
  former[counts.length] = Math.max(former[counts.length]!, at);
}

function openDatabase(path: string): Database {
  const database = Database.open(path);
  try {
    if (database.version === VERSION) return database;
    if (database.version !== 0) throw new StoreError("version", `${path}: the index is of another version`);
    // The index can be made again.
    database.exec("PRAGMA synchronous = OFF");
    database.transaction(() => {
      database.exec(SCHEMA);
      database.version = VERSION;
    });
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function positionOf(row: SqlRow): ScanPosition {
  const tail = row["tail"];
  return { offset: Number(row["offset"]), tail: tail instanceof Uint8Array ? new Uint8Array(tail) : new Uint8Array(0) };
}

function toBucket(row: SqlRow): UsageBucket {
  return {
    session: String(row["session"]),
    day: String(row["day"]),
    model: String(row["model"]),
    input: Number(row["input"]),
    output: Number(row["output"]),
    cacheRead: Number(row["cache_read"]),
    cacheCreation: Number(row["cache_creation"]),
    cacheCreationLong: Number(row["cache_creation_long"]),
    last: Number(row["last"]),
  };
}

/** The day in this machine's time zone. */
function dayOf(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
