/**
 * The table of lines for the agents' stdin, kept until they are known to be applied.
 *
 * @module
 */

import type { Database } from "./database.ts";
import type { SessionKeys } from "./sessions.ts";

/** A line for a process's stdin. */
export interface StdinLine {
  /** Where it starts in the stream, in bytes. */
  readonly offset: number;
  /** The line as it is to be written. */
  readonly bytes: Uint8Array;
}

/** The stdin lines of all processes. */
export class StdinTable {
  readonly #database: Database;
  readonly #keys: SessionKeys;

  /** @param keys The numbers of the sessions, shared by all tables. */
  constructor(database: Database, keys: SessionKeys) {
    this.#database = database;
    this.#keys = keys;
  }

  /**
   * Adds a line.
   *
   * @param process The process's id.
   * @param session The id of its session.
   * @param offset Where the line starts in the stream, in bytes.
   * @param bytes The line; nothing is stored if it is empty.
   * @throws {StoreError} If a line of the process ends there already, or there is no such session, with the reason
   * `conflict`.
   */
  append(process: string, session: string, offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#database.run(
      "INSERT INTO stdin_lines (process, session, start, stop, bytes) VALUES (?, ?, ?, ?, ?)",
      process,
      this.#keys.keyOf(session),
      offset,
      offset + bytes.length,
      bytes,
    );
  }

  /** Returns the lines of a process that end after an offset, in order. */
  from(process: string, offset: number): StdinLine[] {
    const sql = "SELECT start, bytes FROM stdin_lines WHERE process = ? AND stop > ? ORDER BY stop";
    return this.#database.all(sql, process, offset).map(({ start, bytes }) => ({
      offset: Number(start),
      bytes: bytesOf(bytes),
    }));
  }

  /** Removes the lines of a process that end at or before an offset. */
  dropBelow(process: string, offset: number): void {
    this.#database.run("DELETE FROM stdin_lines WHERE process = ? AND stop <= ?", process, offset);
  }

  /** Removes all lines of a process. */
  deleteOf(process: string): void {
    this.#database.run("DELETE FROM stdin_lines WHERE process = ?", process);
  }
}

function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0);
}
