/**
 * What this version of the database adds: the keys with which hosts dial this hub.
 *
 * @module
 */

/** Adds the table of keys. */
export const HOST_KEYS_SCHEMA = `
  CREATE TABLE host_keys (
    host TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
