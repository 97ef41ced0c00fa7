/**
 * The table of prompts.
 *
 * @module
 */

import type { Database, SqlRow } from "./database.ts";
import type { SessionKeys } from "./sessions.ts";

/** Where a prompt is on its way. */
export type PromptStatus = "queued" | "sent" | "done" | "removed";

/** A prompt as it is stored. */
export interface PromptRow {
  /** Unique. */
  readonly id: string;
  /** The id of its session. */
  readonly session: string;
  /** When it was queued, in milliseconds since the epoch. */
  readonly at: number;
  /** Text or content blocks, in JSON. */
  readonly content: string;
  /** Where it is on its way. */
  readonly status: PromptStatus;
}

const SELECT =
  "SELECT p.id, s.id AS session, p.at, p.content, p.status FROM prompts p JOIN sessions s ON s.key = p.session";

/** The prompts of all sessions. */
export class PromptTable {
  readonly #database: Database;
  readonly #keys: SessionKeys;

  /** @param keys The numbers of the sessions, shared by all tables. */
  constructor(database: Database, keys: SessionKeys) {
    this.#database = database;
    this.#keys = keys;
  }

  /**
   * Adds a prompt.
   *
   * @throws {StoreError} If there is one of that id, or no such session, with the reason `conflict`.
   */
  insert({ id, session, at, content, status }: PromptRow): void {
    this.#database.run(
      "INSERT INTO prompts (id, session, at, content, status) VALUES (?, ?, ?, ?, ?)",
      id,
      this.#keys.keyOf(session),
      at,
      content,
      status,
    );
  }

  /** Sets where a prompt is on its way; does nothing if there is no such prompt. */
  setStatus(id: string, status: PromptStatus): void {
    this.#database.run("UPDATE prompts SET status = ? WHERE id = ?", status, id);
  }

  /** Replaces what a prompt says, in JSON; does nothing if there is no such prompt. */
  setContent(id: string, content: string): void {
    this.#database.run("UPDATE prompts SET content = ? WHERE id = ?", content, id);
  }

  /** Returns a prompt, if there is one. */
  get(id: string): PromptRow | undefined {
    const row = this.#database.get(`${SELECT} WHERE p.id = ?`, id);
    return row && toRow(row);
  }

  /** Returns the prompts of a session, the oldest first. */
  of(session: string, status?: PromptStatus): PromptRow[] {
    const order = "ORDER BY p.at, p.rowid";
    const rows = status === undefined
      ? this.#database.all(`${SELECT} WHERE s.id = ? ${order}`, session)
      : this.#database.all(`${SELECT} WHERE s.id = ? AND p.status = ? ${order}`, session, status);
    return rows.map(toRow);
  }
}

function toRow(row: SqlRow): PromptRow {
  return {
    id: String(row.id),
    session: String(row.session),
    at: Number(row.at),
    content: String(row.content),
    status: toStatus(row.status),
  };
}

function toStatus(value: unknown): PromptStatus {
  if (value === "queued" || value === "sent" || value === "done") return value;
  return "removed";
}
