/**
 * One connection to an SQLite file: pragmas, prepared statements and transactions.
 *
 * @module
 */

import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { StoreError, storeErrorOf } from "./store_error.ts";
import { createPrivately } from "./store_file.ts";

/** What a statement's parameter may be. */
export type SqlValue = string | number | Uint8Array | null;

/** A row that a statement returns. */
export type SqlRow = Readonly<Record<string, SQLOutputValue>>;

/** The path of a database that lives in memory only. */
export const IN_MEMORY = ":memory:";

/** Marks a file as a database of claustrum: "clst". */
const APPLICATION_ID = 0x636c7374;
/** How long a statement waits for another program's lock, in milliseconds; the event loop stands still meanwhile. */
const BUSY_MS = 1_000;
const CACHE_KIB = 16 << 10;
/** After how many pages of 4 KiB the log is copied into the file. */
const CHECKPOINT_PAGES = 2_000;
/** To what size the log is cut when it was copied, in bytes. */
const LOG_BYTES = 16 << 20;
const MAX_STATEMENTS = 256;

/** Called around the outermost transaction. */
export interface TransactionHooks {
  /** Called before the commit, as the transaction's last part; may write. */
  beforeCommit(): void;
  /** Called after a rollback: what was read or counted since the transaction began may be wrong. */
  afterRollback(): void;
}

/** A connection to a database file. */
export class Database implements Disposable {
  /** The file; {@linkcode IN_MEMORY} if there is none. */
  readonly path: string;
  readonly #handle: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #hooks: TransactionHooks[] = [];
  #isInTransaction = false;
  /** Why the current transaction can only be rolled back. */
  #failure: { readonly error: unknown } | undefined;

  private constructor(path: string, handle: DatabaseSync) {
    this.path = path;
    this.#handle = handle;
  }

  /**
   * Opens a file; makes one of mode 0600 if there is none.
   *
   * @throws {StoreError} If the file is not a database of claustrum, or cannot be read and written.
   */
  static open(path: string): Database {
    if (path !== IN_MEMORY) createPrivately(path);
    const database = new Database(path, openHandle(path));
    try {
      database.#setUp();
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /**
   * Opens a file that another connection has opened and keeps, only to read it.
   *
   * @throws {StoreError} If it cannot be read.
   */
  static openToRead(path: string): Database {
    const database = new Database(path, openHandle(path, true));
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    return database;
  }

  /** The number of migrations that have been applied. */
  get version(): number {
    return this.#pragma("user_version");
  }

  set version(version: number) {
    this.exec(`PRAGMA user_version = ${version}`);
  }

  /** Runs statements that take no parameters and return nothing. */
  exec(sql: string): void {
    this.#guard(() => this.#handle.exec(sql));
  }

  /** Runs a statement; returns the number of changed rows and the id of the inserted one. */
  run(sql: string, ...values: readonly SqlValue[]): { readonly changes: number; readonly id: number } {
    const { changes, lastInsertRowid } = this.#guard(() => this.#prepare(sql).run(...values));
    return { changes: Number(changes), id: Number(lastInsertRowid) };
  }

  /** Returns the first row, if there is one. */
  get(sql: string, ...values: readonly SqlValue[]): SqlRow | undefined {
    return this.#guard(() => this.#prepare(sql).get(...values));
  }

  /** Returns all rows. */
  all(sql: string, ...values: readonly SqlValue[]): SqlRow[] {
    return this.#guard(() => this.#prepare(sql).all(...values));
  }

  /**
   * Calls a function with one row after the other.
   *
   * @param visit Returns whether it wants the next row; must not use the database.
   */
  each(sql: string, values: readonly SqlValue[], visit: (row: SqlRow) => boolean): void {
    this.#guard(() => {
      for (const row of this.#prepare(sql).iterate(...values)) {
        if (!visit(row)) break;
      }
    });
  }

  /** Registers what is called around each outermost transaction. */
  addHooks(hooks: TransactionHooks): void {
    this.#hooks.push(hooks);
  }

  /**
   * Runs work in one transaction. A nested call joins the outer transaction; when it throws, that one can only be
   * rolled back, even if the error is caught in between.
   *
   * @param work Must be synchronous.
   * @throws Whatever `work` throws, after a rollback.
   * @throws {StoreError} If the file cannot be written; nothing is stored then.
   */
  transaction<T>(work: () => T): T {
    if (this.#isInTransaction) return this.#join(work);
    this.run("BEGIN IMMEDIATE");
    this.#isInTransaction = true;
    try {
      const result = this.#join(work);
      this.#throwFailure();
      for (const hooks of this.#hooks) hooks.beforeCommit();
      this.run("COMMIT");
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#isInTransaction = false;
      this.#failure = undefined;
    }
  }

  /**
   * Gives free pages back to the file system.
   *
   * @param pages How many at most, of 4 KiB each.
   * @returns Whether there may be more.
   */
  vacuum(pages: number): boolean {
    const free = this.#pragma("freelist_count");
    // Without a transaction, SQLite writes to its log and never from there to the file, which grows the log instead of
    // shrinking the file.
    if (free > 0) this.transaction(() => this.exec(`PRAGMA incremental_vacuum(${pages})`));
    return free > pages;
  }

  /** Closes the file; rolls back what is not committed. Does nothing if it is closed. */
  close(): void {
    this.#statements.clear();
    if (this.#handle.isOpen) this.#handle.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #setUp(): void {
    this.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    const isEmpty = this.get("SELECT 1 FROM sqlite_schema LIMIT 1") === undefined;
    const application = this.#pragma("application_id");
    if (application !== APPLICATION_ID && !(isEmpty && application === 0)) throw foreignError(this.path);
    // Takes effect only before the first table.
    if (isEmpty) this.exec("PRAGMA auto_vacuum = INCREMENTAL");
    this.exec("PRAGMA journal_mode = WAL");
    this.exec(`
      PRAGMA synchronous = NORMAL;
      PRAGMA foreign_keys = ON;
      PRAGMA temp_store = MEMORY;
      PRAGMA cache_size = -${CACHE_KIB};
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
      PRAGMA journal_size_limit = ${LOG_BYTES};
    `);
    // Finds out at once when the file cannot be written.
    this.transaction(() => {
      if (application !== APPLICATION_ID) this.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    });
  }

  #pragma(name: string): number {
    return Number(this.get(`PRAGMA ${name}`)?.[name]);
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#handle.prepare(sql);
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.delete(this.#statements.keys().next().value!);
    this.#statements.set(sql, statement);
    return statement;
  }

  #guard<T>(work: () => T): T {
    this.#throwFailure();
    try {
      return work();
    } catch (cause) {
      const error = storeErrorOf(this.path, cause);
      // SQLite itself rolls back on some errors, and what follows would be committed alone. After a conflict the
      // transaction is whole but for that one statement.
      const isConflict = error instanceof StoreError && error.reason === "conflict";
      if (this.#isInTransaction && !isConflict) this.#failure = { error };
      throw error;
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #join<T>(work: () => T): T {
    try {
      const result = work();
      if (result instanceof Promise) throw new TypeError("Cannot keep a transaction open for a promise");
      return result;
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }

  #rollBack(): void {
    this.#failure = undefined;
    try {
      // SQLite has done so already after some errors.
      if (this.#handle.isOpen && this.#handle.isTransaction) this.exec("ROLLBACK");
    } finally {
      for (const hooks of this.#hooks) hooks.afterRollback();
    }
  }
}

function openHandle(path: string, readOnly = false): DatabaseSync {
  try {
    return new DatabaseSync(path, { readOnly });
  } catch (error) {
    throw storeErrorOf(path, error);
  }
}

/** Whether an application id is that of claustrum's databases. */
export function isOwnApplication(id: number): boolean {
  return id === APPLICATION_ID;
}

/** Says that a database belongs to another program. */
export function foreignError(path: string): StoreError {
  return new StoreError(
    "foreign",
    `${path}: this database belongs to another program: move the file away, or choose another state directory`,
  );
}
