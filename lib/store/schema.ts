/**
 * The first version of the tables.
 *
 * Sessions have a number beside their id, which is what other tables refer to: an event's row and its entries in the
 * indexes are half as large for it. That a payload is JSON is the caller's business: SQLite's own check refuses values
 * that are nested too deep for it, and a session could never get past such an event.
 *
 * UUIDs come in random order. In one index over all of them each event would change a page of its own, and appending
 * would become slower with every event. So the index has a part for each 8,192 events, and of the UUID only the end;
 * who looks for one looks into each part.
 *
 * The tables of the full-text search are made when they are needed: `full_text.ts`.
 *
 * @module
 */

/** Makes the tables of version 1. */
export const FIRST_SCHEMA = `
  CREATE TABLE sessions (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    data TEXT NOT NULL
  ) STRICT;

  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    type TEXT NOT NULL,
    subtype TEXT,
    uuid TEXT,
    payload TEXT NOT NULL,
    text TEXT
  ) STRICT;
  CREATE INDEX events_of_session ON events (session, id, type);
  CREATE INDEX events_by_uuid ON events (id / 8192, substr(uuid, -6)) WHERE uuid IS NOT NULL;

  CREATE TABLE event_totals (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    bytes INTEGER NOT NULL,
    indexed INTEGER NOT NULL
  ) STRICT;
  INSERT INTO event_totals VALUES (1, 0, 0);

  CREATE TABLE prompts (
    id TEXT NOT NULL UNIQUE,
    session INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    content TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('queued', 'sent', 'done', 'removed'))
  ) STRICT;
  CREATE INDEX prompts_of_session ON prompts (session, at);

  CREATE TABLE permissions (
    id TEXT NOT NULL UNIQUE,
    session INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    data TEXT NOT NULL,
    ended_at INTEGER,
    outcome TEXT
  ) STRICT;
  CREATE INDEX permissions_of_session ON permissions (session);
  CREATE INDEX permissions_pending ON permissions (at) WHERE ended_at IS NULL;

  CREATE TABLE rules (
    id TEXT NOT NULL UNIQUE,
    session INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    data TEXT NOT NULL
  ) STRICT;
  CREATE INDEX rules_of_session ON rules (session, at);

  CREATE TABLE stdin_lines (
    process TEXT NOT NULL,
    session INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX stdin_lines_of_process ON stdin_lines (process, stop);
  CREATE INDEX stdin_lines_of_session ON stdin_lines (session);

  CREATE TABLE unfinished (
    session INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    stream TEXT NOT NULL CHECK (stream IN ('stdout', 'stderr')),
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE INDEX unfinished_of_session ON unfinished (session, stream);
`;
