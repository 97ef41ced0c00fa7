/**
 * A stretch of a conversation: events that are read one after the other, and their entries in chunks.
 *
 * @module
 */

import type { PromptContent, SessionEvent } from "../../sessions/types.ts";
import { ConversationChunk } from "./conversation_chunk.ts";
import type { Entry, LooseResultEntry, PromptEntry } from "./conversation_entry.ts";
import type { EntryIndex } from "./entry_index.ts";
import { readEvent } from "./event_reader.ts";
import { type EntrySink, Reading } from "./event_reading.ts";
import { promptKey } from "./hub_event_reader.ts";
import { toolKey } from "./message_reader.ts";

/** What a stretch does with its chunks and entries. */
export interface StretchOptions {
  /** Where the entries of the whole conversation are. */
  readonly index: EntryIndex;
  /** Whether it is the end of the conversation: what it says is newer than what other stretches say. */
  readonly isEnd: boolean;
  /** Called with each new chunk, before it has an entry. */
  readonly onChunk: (chunk: ConversationChunk) => void;
}

/** A stretch. */
export class Stretch implements EntrySink {
  readonly #options: StretchOptions;
  readonly #reading = new Reading(this);
  #chunk: ConversationChunk | undefined;

  /** @param options What it does with its chunks and entries. */
  constructor(options: StretchOptions) {
    this.#options = options;
  }

  /** Reads an event. */
  read(event: SessionEvent): void {
    if (this.#chunk === undefined || this.#chunk.isFull) {
      this.#chunk = new ConversationChunk(event);
      this.#options.onChunk(this.#chunk);
    }
    this.#chunk.cover(event);
    readEvent(this.#reading, event);
  }

  add(entry: Entry): void {
    const chunk = this.#chunk;
    if (chunk === undefined) return;
    const own = this.get(entry.key) === undefined ? entry : { ...entry, key: `${entry.key} ${entry.event}` };
    const added = own.kind === "tool" ? this.#withResult(own) : own;
    chunk.add(added);
    this.#options.index.place(added.key, chunk);
  }

  get(key: string): Entry | undefined {
    return this.#options.index.get(key);
  }

  change(key: string, change: (entry: Entry) => Entry | undefined): boolean {
    return this.#options.index.change(key, change);
  }

  last(): Entry | undefined {
    return this.#chunk?.entries.value.at(-1);
  }

  addResult(loose: LooseResultEntry): void {
    const { toolId, result } = loose;
    const isJoined = this.change(
      toolKey(toolId),
      (entry) => entry.kind === "tool" && entry.result === undefined ? { ...entry, result } : entry,
    );
    if (!isJoined && this.#options.index.get(loose.key) === undefined) this.add(loose);
  }

  notePrompt(promptId: string, event: SessionEvent, content: unknown): void {
    const { index } = this.#options;
    const isThere = index.change(promptKey(promptId), (entry) => {
      if (entry.kind !== "prompt") return entry;
      const isNewer = entry.state === "returned" && event.id > entry.event;
      return entry.content === undefined || isNewer ? { ...entry, content: toContent(content) } : entry;
    });
    if (isThere || (index.prompts.get(promptId)?.event ?? 0) > event.id) return;
    index.prompts.set(promptId, { event: event.id, content });
  }

  addPrompt(promptId: string, { id, at }: SessionEvent): void {
    const { index, isEnd } = this.#options;
    const key = promptKey(promptId);
    const before = index.get(key);
    // A prompt that the agent never got is sent again; the last time counts.
    if (before !== undefined && !isEnd) return;
    const known = index.prompts.get(promptId)?.content;
    const content = known === undefined ? (before as PromptEntry | undefined)?.content : toContent(known);
    index.change(key, () => undefined);
    index.prompts.delete(promptId);
    this.add({ kind: "prompt", key, event: id, at, promptId, content, state: "sent", from: "person" });
  }

  noteTurnEnd({ id }: SessionEvent): void {
    const { turnEnd } = this.#options.index;
    turnEnd.value = Math.max(turnEnd.peek(), id);
  }

  #withResult(entry: Entry & { kind: "tool" }): Entry {
    const loose = this.#options.index.takeResult(entry.toolId);
    return loose === undefined ? entry : { ...entry, result: loose.result };
  }
}

/** Returns what an event has as a prompt; nobody has checked it. */
export function toContent(value: unknown): PromptContent {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.filter((block) => typeof block === "object" && block !== null) : "";
}
