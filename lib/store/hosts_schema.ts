/**
 * What this version of the database adds: the other machines that the hub shows.
 *
 * @module
 */

/** Adds the table of hosts. */
export const HOSTS_SCHEMA = `
  CREATE TABLE hosts (
    name TEXT PRIMARY KEY,
    line TEXT NOT NULL,
    address TEXT,
    slot INTEGER NOT NULL UNIQUE,
    added_at INTEGER NOT NULL,
    seen_at INTEGER,
    seen TEXT
  ) STRICT, WITHOUT ROWID;
`;
