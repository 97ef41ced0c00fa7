/**
 * All sessions that are kept, in the order in which they were made.
 *
 * @module
 */

import type { SessionRecord } from "./record.ts";
import { resolveReference } from "./references.ts";
import type { SessionRunner } from "./session_runner.ts";
import { isLive } from "./state.ts";

/** Which sessions are wanted. */
export interface SessionFilter {
  /** Those whose agents run, or are about to; or the others. */
  readonly active?: boolean | undefined;
  /** Those in this directory. */
  readonly path?: string | undefined;
  /** Those with this in their name or directory, in capitals or not. */
  readonly query?: string | undefined;
}

/** See the module comment. */
export class SessionList {
  readonly #runners = new Map<string, SessionRunner>();

  /** Adds a session. */
  add(runner: SessionRunner): void {
    this.#runners.set(runner.record.id, runner);
  }

  /** Takes a session out. */
  delete(id: string): void {
    this.#runners.delete(id);
  }

  /** Whether there is a session of this id. */
  has(id: string): boolean {
    return this.#runners.has(id);
  }

  /** Returns a session by its whole id. */
  byId(id: string): SessionRunner | undefined {
    return this.#runners.get(id);
  }

  /**
   * Returns the session that a reference means: an id, a name, or the beginning of one.
   *
   * @throws {SessionError} If none or several are meant.
   */
  find(reference: string): SessionRunner {
    const { id } = resolveReference(this.all().map(({ record }) => record), reference);
    return this.#runners.get(id)!;
  }

  /** Returns all sessions. */
  all(): SessionRunner[] {
    return [...this.#runners.values()];
  }

  /** Returns the sessions for which all that is given holds, the newest first. */
  select({ active, path, query }: SessionFilter): SessionRunner[] {
    const words = query?.toLowerCase();
    const found = this.all().filter(({ record }) =>
      (active === undefined || isLive(record.state) === active) &&
      (path === undefined || record.path === path) &&
      (words === undefined || `${record.name} ${record.path}`.toLowerCase().includes(words))
    );
    return found.reverse();
  }

  /** Returns the sessions whose agents run, or are about to. */
  live(): SessionRecord[] {
    return this.all().map(({ record }) => record).filter(({ state }) => isLive(state));
  }

  /** Returns the names of all sessions. */
  names(): Set<string> {
    return new Set(this.all().map(({ record }) => record.name));
  }
}
