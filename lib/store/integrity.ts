/**
 * Checks of a database file, made without changing it. Another program may use it meanwhile.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { foreignError, isOwnApplication } from "./database.ts";
import { MIGRATIONS, newerError } from "./migrations.ts";
import { storeErrorOf } from "./store_error.ts";

/** What is known about a database file. */
export interface StoreFacts {
  /** The number of migrations that have been applied. */
  readonly version: number;
  /** What is damaged, in the words of SQLite; empty if the file is whole. */
  readonly damage: readonly string[];
}

/**
 * Opens a database file to read it alone. A connection that may not write would leave its `-wal` and `-shm` behind when
 * it is the only one.
 */
export function openToRead(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA query_only = 1");
  return database;
}

/** Where the header of a SQLite file has the version and the id of the application, in bytes, and how long it is. */
const HEADER = { version: 60, application: 68, bytes: 100 };

/**
 * Says why a database file cannot be opened as a store: it is another program's, or of a newer version. Only the header
 * is read.
 *
 * @param path A file that no connection of this program has open, for closing it would drop that connection's locks.
 * @returns `undefined` if nothing of that is the case, or the file is empty or not there.
 */
export async function headerProblem(path: string): Promise<string | undefined> {
  const header = await readHeader(path);
  if (header === undefined || header.byteLength === 0) return undefined;
  if (header.byteLength < HEADER.bytes) return foreignError(path).message;
  if (!isOwnApplication(header.getUint32(HEADER.application))) return foreignError(path).message;
  const version = header.getUint32(HEADER.version);
  return version > MIGRATIONS.length ? newerError(path, version, MIGRATIONS.length).message : undefined;
}

async function readHeader(path: string): Promise<DataView | undefined> {
  try {
    using file = await Deno.open(path);
    const bytes = new Uint8Array(HEADER.bytes);
    let length = 0;
    for (let read: number | null = 0; read !== null && length < bytes.length; length += read ?? 0) {
      read = await file.read(bytes.subarray(length));
    }
    return new DataView(bytes.buffer, 0, length);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Reads all of a database file and checks that its parts fit together. That takes seconds for a large one, while nothing
 * else happens in this program.
 *
 * @param shown How the file is called in errors.
 * @throws {StoreError} If it is no database of claustrum, or cannot be read.
 */
export function inspectStore(path: string, shown: string = path): StoreFacts {
  let database: DatabaseSync | undefined;
  try {
    database = openToRead(path);
    const pragma = (name: string) => Object.values(database!.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    if (!isOwnApplication(Number(pragma("application_id")))) throw foreignError(shown);
    const rows = database.prepare("PRAGMA quick_check").all();
    const found = rows.map((row) => String(Object.values(row)[0]));
    return { version: Number(pragma("user_version")), damage: found.filter((text) => text !== "ok") };
  } catch (error) {
    throw storeErrorOf(shown, error);
  } finally {
    database?.close();
  }
}
