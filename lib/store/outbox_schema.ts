/**
 * What this version of the database adds: how far the events have been published, and who the hub is to others.
 *
 * @module
 */

/** Adds the tables of what is published. */
export const OUTBOX_SCHEMA = `
  CREATE TABLE outbox_cursors (
    stream TEXT PRIMARY KEY,
    event INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE hub_identity (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    hub TEXT NOT NULL
  ) STRICT;
`;
