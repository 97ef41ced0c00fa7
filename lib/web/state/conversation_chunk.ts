/**
 * A chunk of a conversation: entries that are drawn, and let go, together.
 *
 * @module
 */

import { type Signal, signal } from "@preact/signals";
import type { SessionEvent } from "../../sessions/types.ts";
import { weigh } from "../text/fields.ts";
import type { Entry } from "./conversation_entry.ts";

/** After so many entries, or so many characters, another chunk begins. */
const FULL = { entries: 40, weight: 256 << 10 };
/** What an event takes besides what it says, in characters. */
const EVENT_WEIGHT = 200;

/** The place of an event. */
export interface EventPlace {
  /** Its id. */
  readonly id: number;
  /** Its number in the session. */
  readonly seq: number;
}

let nextId = 1;

/** A chunk. It stands for all events from its first to its last one, also for those that have no entry. */
export class ConversationChunk {
  /** Unique on the page. */
  readonly id: number = nextId++;
  /** The entries, the oldest first. */
  readonly entries: Signal<readonly Entry[]> = signal([]);
  /** The first event. */
  readonly first: EventPlace;
  /** How high it is drawn, in pixels; `undefined` before it was. */
  height: number | undefined;
  #last: EventPlace;
  #weight = 0;

  /** @param event The first event. */
  constructor(event: SessionEvent) {
    this.first = { id: event.id, seq: event.seq };
    this.#last = this.first;
  }

  /** The last event. */
  get last(): EventPlace {
    return this.#last;
  }

  /** About how large it is, in characters. */
  get weight(): number {
    return this.#weight;
  }

  /** Whether what follows belongs into another chunk. */
  get isFull(): boolean {
    return this.entries.value.length >= FULL.entries || this.#weight >= FULL.weight;
  }

  /** Notes that it stands for an event. */
  cover({ id, seq }: SessionEvent): void {
    this.#last = { id, seq };
    this.#weight += EVENT_WEIGHT;
  }

  /** Adds an entry at the end. */
  add(entry: Entry): void {
    this.entries.value = [...this.entries.value, entry];
    this.#weight += weigh(entry);
  }

  /** Returns an entry. */
  get(key: string): Entry | undefined {
    return this.entries.value.findLast((entry) => entry.key === key);
  }

  /** Changes an entry, or removes it if the change returns `undefined`; returns what is there now. */
  change(key: string, change: (entry: Entry) => Entry | undefined): Entry | undefined {
    const entry = this.get(key);
    if (entry === undefined) return undefined;
    const changed = change(entry);
    if (changed !== entry) this.splice(key, changed === undefined ? [] : [changed]);
    return changed;
  }

  /** Puts entries in the place of one. */
  splice(key: string, added: readonly Entry[]): void {
    const entries = [...this.entries.value];
    const at = entries.findLastIndex((entry) => entry.key === key);
    if (at < 0) return;
    this.#weight += added.reduce((sum, entry) => sum + weigh(entry), 0) - weigh(entries[at]);
    entries.splice(at, 1, ...added);
    this.entries.value = entries;
  }
}
