/**
 * What a version of the database adds for remote control: the instances that the hub has started or found.
 *
 * @module
 */

/** Adds the table of instances. */
export const REMOTE_SCHEMA = `
  CREATE TABLE instances (
    id TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL,
    data TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
