/**
 * What reading events takes: where entries go, and what later events of the same stretch refer to.
 *
 * @module
 */

import type { SessionEvent } from "../../sessions/types.ts";
import type { JsonObject } from "../text/fields.ts";
import type { Entry, LooseResultEntry, NoteEntry } from "./conversation_entry.ts";

/** What an entry has besides what its event says. */
export type NewEntry<E extends Entry = Entry> = E extends Entry ? Omit<E, "event" | "at" | "key"> & { key?: string }
  : never;

/** Where entries go. */
export interface EntrySink {
  /** Adds an entry at the end. */
  add(entry: Entry): void;
  /** Returns an entry, wherever it is. */
  get(key: string): Entry | undefined;
  /** Changes an entry wherever it is; `undefined` removes it. Returns whether it was there. */
  change(key: string, change: (entry: Entry) => Entry | undefined): boolean;
  /** The last entry, if one can still be added to. */
  last(): Entry | undefined;
  /** Joins the result of a tool with its call. */
  addResult(result: LooseResultEntry): void;
  /** Notes what an event says that a prompt contains. */
  notePrompt(promptId: string, event: SessionEvent, content: unknown): void;
  /** Adds a prompt that was sent, or says that it was sent again. */
  addPrompt(promptId: string, event: SessionEvent): void;
  /** Notes that a turn is over. */
  noteTurnEnd(event: SessionEvent): void;
}

/** What an event refers to of those before it. */
export interface ReadingMemory {
  /** The permission mode. */
  mode: string | undefined;
  /** The model. */
  model: string | undefined;
  /** What the agent's process had cost at the end of the last turn, in US dollars. */
  cost: number | undefined;
  /** The key of the note that says that the turn was interrupted. */
  interruption: string | undefined;
  /** Why the turn failed, if that was shown before its end. */
  failure: string | undefined;
  /** Whether a person has the session in a terminal. */
  isInTerminal: boolean | undefined;
  /** The calls of tools that a permission was asked for, by its id; and what it was asked for. */
  readonly permissions: Map<string, { readonly key: string | undefined; readonly toolName: string }>;
  /** The calls that have no result and no permission yet, the oldest first. */
  readonly openCalls: { readonly key: string; readonly name: string; readonly input: string }[];
}

/** The reading of a stretch of events, in their order. */
export class Reading {
  /** Where the entries go. */
  readonly sink: EntrySink;
  /** What was said before. */
  readonly memory: ReadingMemory = {
    mode: undefined,
    model: undefined,
    cost: undefined,
    interruption: undefined,
    failure: undefined,
    isInTerminal: undefined,
    permissions: new Map(),
    openCalls: [],
  };
  #event = 0;
  #count = 0;

  /** @param sink Where the entries go. */
  constructor(sink: EntrySink) {
    this.sink = sink;
  }

  /** Adds an entry; returns its key. */
  add(event: SessionEvent, entry: NewEntry): string {
    if (event.id !== this.#event) [this.#event, this.#count] = [event.id, 0];
    const { key = `${event.id}.${this.#count++}` } = entry;
    this.sink.add({ ...entry, key, event: event.id, at: event.at });
    return key;
  }

  /** Adds a note; returns its key. */
  note(event: SessionEvent, text: string, detail?: string): string {
    const note: NewEntry<NoteEntry> = { kind: "note", text, ...(detail === undefined ? {} : { detail }) };
    return this.add(event, note);
  }
}

/** Adds what an event says. */
export type Read = (reading: Reading, event: SessionEvent, payload: JsonObject) => void;
