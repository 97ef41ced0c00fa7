/**
 * Copies of a store: made while it is in use, and put in its place again.
 *
 * @module
 */

import { backup, DatabaseSync } from "node:sqlite";
import { removeQuietly } from "../system/remove.ts";
import { Database } from "./database.ts";
import { inspectStore, openToRead } from "./integrity.ts";
import { MIGRATIONS, newerError } from "./migrations.ts";
import { Store } from "./store.ts";
import { fileErrorOf, StoreError, storeErrorOf } from "./store_error.ts";
import { copyClosed, isThere } from "./store_file.ts";

/** A backup that was made. */
export interface BackupFacts {
  /** How large it is, in bytes. */
  readonly bytes: number;
  /** The version of the database. */
  readonly version: number;
}

/**
 * Copies a store as it is at this moment, and checks the copy. Other programs may use the store meanwhile, also write to
 * it. The copy is one file of mode 0600, and appears whole or not at all.
 *
 * @param path The file of the store.
 * @param target Where the copy goes.
 * @param replaces Whether it may replace a file.
 * @throws {StoreError} If there is no store, it is damaged, or the copy cannot be written.
 */
export async function backUpStore(path: string, target: string, replaces: boolean): Promise<BackupFacts> {
  requireFile(path);
  if (!replaces && isThere(target)) throw new StoreError("conflict", `${target} exists already: --force replaces it`);
  const temporary = `${target}.${crypto.randomUUID()}`;
  try {
    createEmpty(temporary, target);
    await copy(path, temporary, target);
    const version = finish(temporary, path);
    const bytes = sync(temporary);
    Deno.renameSync(temporary, target);
    return { bytes, version };
  } catch (error) {
    throw fileErrorOf(target, error);
  } finally {
    await Promise.all(["", "-journal", "-wal", "-shm"].map((suffix) => removeQuietly(temporary + suffix)));
  }
}

/** A store that was restored. */
export interface RestoreFacts {
  /** The version of the database in the backup. */
  readonly version: number;
  /** How many sessions it has. */
  readonly sessions: number;
  /** The names of its API tokens, which count again. */
  readonly tokens: readonly string[];
  /** Where the former store is now; `undefined` if there was none. */
  readonly former: string | undefined;
}

/**
 * Puts a backup in the place of a store, which is kept beside. It is brought to today's version; the sign-ins of
 * browsers in it end, and what webhooks had to be told is forgotten. New events get ids that the former store has not
 * given, and are published as those of another hub. Nobody may use the store meanwhile.
 *
 * @param file The backup.
 * @param path The file of the store.
 * @param former Where the former store goes, if there is one.
 * @param change Changes what is restored before it is there. @default {nothing changes}
 * @throws {StoreError} If the backup cannot be used, or a file cannot be written; the store stays as it was then.
 */
export async function restoreStore(
  file: string,
  path: string,
  former: string,
  change: (store: Store) => void = () => {},
): Promise<RestoreFacts> {
  requireFile(file);
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    const { version } = await backUpStore(file, temporary, false);
    const { sessions, tokens } = refresh(temporary, version, lastEventIn(path), change);
    const keeps = isThere(path);
    if (keeps) keepFormer(path, former);
    Deno.renameSync(temporary, path);
    return { version, sessions, tokens, former: keeps ? former : undefined };
  } catch (error) {
    throw fileErrorOf(path, error);
  } finally {
    await removeQuietly(temporary);
  }
}

/** Returns the ids of the sessions in a store; none if there is no store. */
export function sessionIdsIn(path: string): string[] {
  if (!isThere(path)) return [];
  try {
    using database = openToRead(path);
    const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sessions'").get();
    return table === undefined ? [] : database.prepare("SELECT id FROM sessions").all().map(({ id }) => String(id));
  } catch (error) {
    throw storeErrorOf(path, error);
  }
}

function requireFile(path: string): void {
  try {
    if (Deno.statSync(path).isFile) return;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new StoreError("unreadable", `${path} does not exist`);
    throw fileErrorOf(path, error);
  }
  throw new StoreError("unreadable", `${path} is not a regular file`);
}

function createEmpty(temporary: string, target: string): void {
  try {
    Deno.openSync(temporary, { createNew: true, write: true, mode: 0o600 }).close();
  } catch (error) {
    throw fileErrorOf(target, error);
  }
}

async function copy(path: string, temporary: string, target: string): Promise<void> {
  using source = openSnapshot(path);
  try {
    await backup(source, temporary);
  } catch (error) {
    throw storeErrorOf(target, error);
  }
}

/** Opens a store to read what it is at this moment, however much is written meanwhile. */
function openSnapshot(path: string): DatabaseSync {
  let source: DatabaseSync | undefined;
  try {
    source = openToRead(path);
    source.exec("BEGIN");
    // The moment is that of the first read.
    source.prepare("SELECT count(*) FROM sqlite_schema").get();
    return source;
  } catch (error) {
    source?.close();
    throw storeErrorOf(path, error);
  }
}

/** Makes a copy a single file, and checks it; returns its version. */
function finish(temporary: string, path: string): number {
  try {
    using database = new DatabaseSync(temporary);
    database.exec("PRAGMA journal_mode = DELETE");
  } catch (error) {
    throw storeErrorOf(path, error);
  }
  const { version, damage } = inspectStore(temporary, path);
  if (version > MIGRATIONS.length) throw newerError(path, version, MIGRATIONS.length);
  const [first] = damage;
  if (first === undefined) return version;
  throw new StoreError("corrupt", `${path} is damaged: ${first}: restore an earlier backup`);
}

function sync(path: string): number {
  using file = Deno.openSync(path, { read: true, write: true });
  file.syncSync();
  return file.statSync().size;
}

/** Returns the id of the last event of a store; 0 if there is none, or it cannot be read. */
function lastEventIn(path: string): number {
  if (!isThere(path)) return 0;
  try {
    using database = openToRead(path);
    const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").get();
    if (table === undefined) return 0;
    return Number(database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'").get()?.seq ?? 0);
  } catch (error) {
    // A store that is damaged is what a restore is for.
    if (storeErrorOf(path, error) instanceof StoreError) return 0;
    throw error;
  }
}

/** Brings a copy to today's version, and removes what must not come back. */
function refresh(
  temporary: string,
  version: number,
  lastEvent: number,
  change: (store: Store) => void,
): Pick<RestoreFacts, "sessions" | "tokens"> {
  using store = Store.open(temporary);
  // The migration has kept a copy of its own.
  if (version < MIGRATIONS.length) Deno.removeSync(`${temporary}.v${version}`);
  store.signIns.deleteAll();
  store.deliveries.deleteOthers([]);
  store.outbox.startAnew();
  store.events.skipTo(lastEvent);
  store.transaction(() => change(store));
  return { sessions: store.sessions.all().length, tokens: store.tokens.list().map(({ name }) => name) };
}

/** Keeps a store under another name. It is there under its own name, too, until it is replaced. */
function keepFormer(path: string, former: string): void {
  if (isWhole(path)) return copyClosed(path, former);
  // What cannot be opened is kept as it is: its log belongs to it, and must not be taken for that of the new one.
  Deno.renameSync(path, former);
  for (const suffix of ["-wal", "-shm"]) {
    if (isThere(path + suffix)) Deno.renameSync(path + suffix, former + suffix);
  }
}

/** Whether a store can be opened. Its log is then part of the file. */
function isWhole(path: string): boolean {
  try {
    Database.open(path).close();
    return !isThere(`${path}-wal`);
  } catch (error) {
    if (error instanceof StoreError) return false;
    throw error;
  }
}
