/**
 * What goes into the table of events, and what comes out of it.
 *
 * @module
 */

/** An event that is to be stored. */
export interface NewEvent {
  /** The id of its session. */
  readonly session: string;
  /** Its number in the session. */
  readonly seq: number;
  /** When it happened, in milliseconds since the epoch. */
  readonly at: number;
  /** Its type. */
  readonly type: string;
  /** Its subtype, if there is one. */
  readonly subtype?: string;
  /** Its UUID, if there is one. */
  readonly uuid?: string;
  /** What it says, in JSON. */
  readonly payload: string;
  /** What a search finds, if anything. */
  readonly text?: string;
}

/** An event as it is stored. */
export interface EventRow extends Omit<NewEvent, "text"> {
  /** Its number over all sessions. */
  readonly id: number;
}

/** An event that a search found. */
export interface FoundEvent extends EventRow {
  /** About 160 characters of its text, the matches between « and ». */
  readonly snippet: string;
}

/** Which events a page has. */
export interface PageOptions {
  /** Only events of this session. */
  readonly session?: string;
  /** Only events of these sessions. */
  readonly sessions?: readonly string[];
  /** Only events with a higher id. */
  readonly after?: number;
  /** Only events with a lower id; the page has the newest of them. @default {all, the oldest first} */
  readonly before?: number;
  /** How many events to leave out at the beginning. @default {0} */
  readonly offset?: number;
  /** How many events at most. */
  readonly limit: number;
  /** Only events of these types. */
  readonly types?: readonly string[];
  /** How large the payloads may be together, in bytes; one event may exceed it alone. @default {4 MiB} */
  readonly maxBytes?: number;
}

/** What to search for. */
export interface SearchOptions {
  /** Words, `"quoted phrases"`, and `*` at the end of either for the beginning of a word; all must be found. */
  readonly query: string;
  /** How many events at most. */
  readonly limit: number;
}

/** Which events to remove. */
export interface PruneOptions {
  /** Events before this time go, in milliseconds since the epoch. */
  readonly before: number;
  /** The oldest events go until all events together have this size, in bytes. */
  readonly maxBytes: number;
  /** Whether an event stays whatever its age; must not use the store. */
  readonly spare: (session: string, seq: number) => boolean;
}
