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
 * Reads all of a database file and checks that its parts fit together. That takes seconds for a large one, while nothing
 * else happens in this program.
 *
 * @throws {StoreError} If it is no database of claustrum, or cannot be read.
 */
export function inspectStore(path: string): StoreFacts {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    const pragma = (name: string) => Object.values(database!.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    if (!isOwnApplication(Number(pragma("application_id")))) throw foreignError(path);
    const rows = database.prepare("PRAGMA quick_check").all();
    const found = rows.map((row) => String(Object.values(row)[0]));
    return { version: Number(pragma("user_version")), damage: found.filter((text) => text !== "ok") };
  } catch (error) {
    throw storeErrorOf(path, error);
  } finally {
    database?.close();
  }
}
