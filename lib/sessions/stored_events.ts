/**
 * Reading events from the store. Those of a session that is being removed are not shown.
 *
 * @module
 */

import type { EventRow, FoundEvent } from "../store/event_types.ts";
import { RankedSearch, RankedSearchError } from "../store/ranked_search.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../system/clock.ts";
import { SessionError } from "./session_error.ts";
import { iso } from "./session_view.ts";
import type { FoundSessionEvent } from "./sessions.ts";
import type { SessionEvent } from "./types.ts";

/** How many events a page has at most. */
export const MAX_EVENTS = 500;
/** How many events a search finds by default. */
const DEFAULT_FOUND = 50;

/** Which events to read. */
export interface StoredEventQuery {
  /** Only those of this session. */
  readonly session?: string;
  /** Only those of these sessions. */
  readonly sessions?: readonly string[] | undefined;
  /** How many at most. */
  readonly limit: number;
  /** How many to skip. */
  readonly offset?: number | undefined;
  /** Only those behind this one. */
  readonly after?: number | undefined;
  /** Only those before this one, the newest of them. */
  readonly before?: number | undefined;
  /** Only those of these types. */
  readonly types?: readonly string[] | undefined;
}

/** See the module comment. */
export class StoredEvents implements Disposable {
  readonly #store: Store;
  readonly #ranked: RankedSearch;
  readonly #isRemoving: (session: string) => boolean;

  /**
   * Creates the reader.
   *
   * @param isRemoving Whether a session is being removed.
   */
  constructor(store: Store, clock: Clock, isRemoving: (session: string) => boolean) {
    this.#store = store;
    this.#ranked = new RankedSearch(store, clock);
    this.#isRemoving = isRemoving;
  }

  /** The id of the newest event. */
  get lastId(): number {
    return this.#store.events.lastId;
  }

  /** Returns a page of events, oldest first. */
  page(query: StoredEventQuery): SessionEvent[] {
    const { limit, ...rest } = query;
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    for (let { after } = query;;) {
      const next = after === undefined ? {} : { after };
      const rows = this.#store.events.page({ limit: Math.min(limit, MAX_EVENTS), ...given, ...next });
      const kept = rows.filter(({ session }) => !this.#isRemoving(session));
      if (kept.length > 0 || rows.length === 0) return kept.map(toEvent);
      after = rows.at(-1)!.id;
    }
  }

  /**
   * Returns an event.
   *
   * @throws {SessionError} If there is none of this id.
   */
  event(id: number): SessionEvent {
    const row = this.#store.events.get(id);
    if (row === undefined || this.#isRemoving(row.session)) {
      throw new SessionError("unknown", `there is no event ${id}`);
    }
    return toEvent(row);
  }

  /** Finds events by their words, newest first. */
  search(query: string, limit = DEFAULT_FOUND): FoundSessionEvent[] {
    return this.#shown(this.#store.events.search({ query, limit }));
  }

  /**
   * Finds events by their words, best first.
   *
   * @throws {SessionError} If the search takes too long, or too many wait for one.
   */
  async searchBest(query: string, limit = DEFAULT_FOUND): Promise<FoundSessionEvent[]> {
    try {
      return this.#shown(await this.#ranked.search({ query, limit }));
    } catch (error) {
      if (!(error instanceof RankedSearchError)) throw error;
      throw new SessionError("unavailable", error.message, { cause: error });
    }
  }

  /** Ends the searches that go on. */
  [Symbol.dispose](): void {
    this.#ranked[Symbol.dispose]();
  }

  #shown(found: readonly FoundEvent[]): FoundSessionEvent[] {
    const present = found.filter(({ session }) => !this.#isRemoving(session));
    return present.map((row) => ({ ...toEvent(row), snippet: row.snippet }));
  }
}

function toEvent({ id, session, seq, at, type, subtype, payload }: EventRow): SessionEvent {
  return {
    id,
    session,
    seq,
    at: iso(at),
    type,
    ...(subtype === undefined ? {} : { subtype }),
    payload: JSON.parse(payload),
  };
}
