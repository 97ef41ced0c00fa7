/**
 * What the second version of the database adds: who signed in, API tokens, the audit, and what webhooks still have to
 * deliver. Secrets are kept as hashes only.
 *
 * @module
 */

/** Brings the tables from version 1 to version 2. */
export const SECOND_SCHEMA = `
  CREATE TABLE sign_ins (
    id TEXT PRIMARY KEY,
    cookie_hash TEXT NOT NULL UNIQUE,
    page_key_hash TEXT NOT NULL,
    user TEXT NOT NULL,
    way TEXT NOT NULL,
    token TEXT REFERENCES api_tokens (id) ON DELETE CASCADE,
    is_viewer INTEGER NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sign_ins_by_token ON sign_ins (token);

  CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE,
    is_read_only INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    way TEXT NOT NULL,
    address TEXT,
    what TEXT NOT NULL,
    target TEXT,
    result TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_by_time ON audit (at);

  CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook TEXT NOT NULL,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    next_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX deliveries_by_time ON deliveries (next_at);
`;
