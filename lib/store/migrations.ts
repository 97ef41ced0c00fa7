/**
 * The versions of the database, from the first to today's.
 *
 * @module
 */

import { Database, IN_MEMORY } from "./database.ts";
import { HOST_KEYS_SCHEMA } from "./host_keys_schema.ts";
import { HOSTS_SCHEMA } from "./hosts_schema.ts";
import { OUTBOX_SCHEMA } from "./outbox_schema.ts";
import { PUSH_SCHEMA } from "./push_schema.ts";
import { REMOTE_SCHEMA } from "./remote_schema.ts";
import { FIRST_SCHEMA } from "./schema.ts";
import { SECOND_SCHEMA } from "./second_schema.ts";
import { StoreError } from "./store_error.ts";
import { copyClosed } from "./store_file.ts";

/** Brings a database from one version to the next; runs in the transaction of all that follow. */
export type Migration = (database: Database) => void;

/** The first migration makes version 1. Released ones never change; new ones are added at the end. */
export const MIGRATIONS: readonly Migration[] = [
  (database) => database.exec(FIRST_SCHEMA),
  (database) => database.exec(SECOND_SCHEMA),
  (database) => database.exec(PUSH_SCHEMA),
  (database) => database.exec(REMOTE_SCHEMA),
  (database) => database.exec(HOSTS_SCHEMA),
  (database) => database.exec(HOST_KEYS_SCHEMA),
  (database) => database.exec(OUTBOX_SCHEMA),
];

/**
 * Opens a database and brings it to the newest version. One of an older version is copied beside first, under the name
 * `<path>.v<VERSION>`.
 *
 * @param migrations Other ones than today's in tests only.
 * @throws {StoreError} If the file is of a newer version, no database of claustrum, or cannot be read and written. It
 * stays as it was then.
 */
export function openMigrated(path: string, migrations: readonly Migration[] = MIGRATIONS): Database {
  let database = Database.open(path);
  try {
    const { version } = database;
    if (version > migrations.length) throw newerError(path, version, migrations.length);
    if (version === migrations.length) return database;
    if (version > 0 && path !== IN_MEMORY) {
      database.close();
      copyClosed(path, `${path}.v${version}`);
      database = Database.open(path);
    }
    migrate(database, version, migrations);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function migrate(database: Database, from: number, migrations: readonly Migration[]): void {
  database.transaction(() => {
    // Another program may have been faster.
    if (database.version !== from) {
      throw new StoreError("locked", `${database.path}: another program has migrated the database: try again`);
    }
    for (const migration of migrations.slice(from)) migration(database);
    database.version = migrations.length;
  });
}

/** Says that a database is of a newer version than this program knows. */
export function newerError(path: string, version: number, known: number): StoreError {
  return new StoreError(
    "version",
    `${path}: the database is of version ${version}, this claustrum knows versions up to ${known}: ` +
      `use the newer claustrum, or put the copy ${path}.v${known} in its place if there is one`,
  );
}
