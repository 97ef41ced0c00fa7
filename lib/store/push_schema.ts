/**
 * What the third version of the database adds: the browsers that are told of events while no page of the hub is open, and
 * the key with which the hub proves to their push services who it is.
 *
 * @module
 */

/** Brings the tables from version 2 to version 3. */
export const PUSH_SCHEMA = `
  CREATE TABLE push_subscriptions (
    sign_in TEXT PRIMARY KEY REFERENCES sign_ins (id) ON DELETE CASCADE,
    endpoint TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    auth TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE push_keys (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    jwk TEXT NOT NULL
  ) STRICT;
`;
