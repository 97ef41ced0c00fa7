/**
 * Checks of a database file, made without changing it. Another program may use it meanwhile.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { foreignError, isOwnApplication } from "./database.ts";
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
