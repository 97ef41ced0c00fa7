/**
 * Which of a session's events a list contains, while they are read one after the other.
 *
 * @module
 */

import type { EventQuery } from "../../sessions/sessions.ts";
import type { SessionEvent } from "../../sessions/types.ts";

/** How many events a list contains unless it says so. */
const DEFAULT_LIMIT = 500;

/** See the module comment. */
export class EventSelection {
  readonly #query: EventQuery;
  readonly #limit: number;
  #skipped = 0;
  #last = 0;
  #events: SessionEvent[] = [];

  /** @param query Which events are wanted. */
  constructor(query: EventQuery) {
    this.#query = query;
    this.#limit = query.limit ?? DEFAULT_LIMIT;
  }

  /** The events, oldest first. */
  get events(): readonly SessionEvent[] {
    return this.#events;
  }

  /** Whether no event that comes later is wanted. */
  get isFull(): boolean {
    return this.#query.before === undefined && this.#events.length >= this.#limit;
  }

  /** Takes the next event; one that came before is left out. */
  add(event: SessionEvent): void {
    const { after = 0, before, offset = 0, types } = this.#query;
    const isNext = event.id > this.#last;
    this.#last = Math.max(this.#last, event.id);
    if (!isNext || event.id <= after || this.isFull || types?.includes(event.type) === false) return;
    if (before !== undefined && event.id >= before) return;
    // Of the newest events before one, the ones next to it are kept.
    if (before === undefined && this.#skipped++ < offset) return;
    this.#events.push(event);
    if (this.#events.length > this.#limit) this.#events.shift();
  }
}
