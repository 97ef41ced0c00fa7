/**
 * The table of unfinished lines: what agents have written since their last newline.
 *
 * @module
 */

import { concat } from "../system/io.ts";
import type { Database } from "./database.ts";
import type { SessionKeys } from "./sessions.ts";

/** A stream of an agent. */
export type StreamName = "stdout" | "stderr";

/** The unfinished lines of a session; empty where there is none. */
export type UnfinishedLines = Readonly<Record<StreamName, Uint8Array>>;

/** The unfinished lines of all sessions, in pieces as they came. */
export class UnfinishedTable {
  readonly #database: Database;
  readonly #keys: SessionKeys;

  /** @param keys The numbers of the sessions, shared by all tables. */
  constructor(database: Database, keys: SessionKeys) {
    this.#database = database;
    this.#keys = keys;
  }

  /**
   * Adds a piece to the unfinished line of a stream.
   *
   * @throws {StoreError} If there is no such session, with the reason `conflict`.
   */
  append(session: string, stream: StreamName, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const key = this.#keys.keyOf(session);
    this.#database.run("INSERT INTO unfinished (session, stream, bytes) VALUES (?, ?, ?)", key, stream, bytes);
  }

  /** Removes the unfinished line of a stream. */
  clear(session: string, stream: StreamName): void {
    const key = this.#keys.find(session);
    if (key !== undefined) {
      this.#database.run("DELETE FROM unfinished WHERE session = ? AND stream = ?", key, stream);
    }
  }

  /** Returns the unfinished lines of a session. */
  read(session: string): UnfinishedLines {
    return { stdout: this.#read(session, "stdout"), stderr: this.#read(session, "stderr") };
  }

  #read(session: string, stream: StreamName): Uint8Array {
    const key = this.#keys.find(session);
    if (key === undefined) return new Uint8Array(0);
    const sql = "SELECT bytes FROM unfinished WHERE session = ? AND stream = ? ORDER BY rowid";
    const pieces = this.#database.all(sql, key, stream).map(({ bytes }) => bytes).filter((piece) =>
      piece instanceof Uint8Array
    );
    return concat(pieces);
  }
}
