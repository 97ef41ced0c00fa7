/**
 * A conversation as far as it is loaded: a window of a session's events, as entries in chunks. Events are added at its end,
 * pages at both ends, and what is far from where somebody reads is let go.
 *
 * @module
 */

import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { PromptContent, SessionEvent } from "../../sessions/types.ts";
import type { ConversationChunk, EventPlace } from "./conversation_chunk.ts";
import type { Entry } from "./conversation_entry.ts";
import { EntryIndex } from "./entry_index.ts";
import { largeKey } from "./event_reader.ts";
import { promptKey } from "./hub_event_reader.ts";
import { Stretch } from "./stretch.ts";

/** A conversation. */
export class Conversation {
  /** The chunks, the oldest first. */
  readonly chunks: Signal<readonly ConversationChunk[]> = signal([]);
  readonly #index = new EntryIndex();
  #end = this.#newEnd();

  /** The id of the newest event that ended a turn, 0 for none: calls of tools before it have no result to wait for. */
  get turnEnd(): ReadonlySignal<number> {
    return this.#index.turnEnd;
  }

  /** The first event of the window; `undefined` if it is empty. */
  get first(): EventPlace | undefined {
    return this.chunks.peek()[0]?.first;
  }

  /** The last event of the window; `undefined` if it is empty. */
  get last(): EventPlace | undefined {
    return this.chunks.peek().at(-1)?.last;
  }

  /** About how large everything is, in characters. */
  get weight(): number {
    return this.chunks.peek().reduce((sum, { weight }) => sum + weight, 0);
  }

  /** All entries, the oldest first. */
  get entries(): readonly Entry[] {
    return this.chunks.peek().flatMap((chunk) => chunk.entries.peek());
  }

  /** Adds events that follow those of the window; events that it has already change nothing. */
  append(events: readonly SessionEvent[]): void {
    batch(() => {
      for (const event of events) {
        if (event.seq > (this.last?.seq ?? 0)) this.#end.read(event);
      }
    });
  }

  /** Adds a page of events that come before those of the window. */
  prepend(events: readonly SessionEvent[]): void {
    const first = this.first?.seq ?? Infinity;
    batch(() => {
      const chunks: ConversationChunk[] = [];
      const page = new Stretch({ index: this.#index, isEnd: false, onChunk: (chunk) => chunks.push(chunk) });
      for (const event of events) {
        if (event.seq < first) page.read(event);
      }
      this.chunks.value = [...chunks, ...this.chunks.peek()];
    });
  }

  /** Puts an event that was too large to be loaded with others in its place. */
  replace(event: SessionEvent): void {
    batch(() => {
      const chunks: ConversationChunk[] = [];
      const page = new Stretch({ index: this.#index, isEnd: false, onChunk: (chunk) => chunks.push(chunk) });
      page.read(event);
      this.#index.splice(largeKey(event.id), chunks.flatMap((chunk) => chunk.entries.peek()));
    });
  }

  /** Fills in the content of a prompt that was found. */
  fillPrompt(promptId: string, content: PromptContent): void {
    this.#index.change(
      promptKey(promptId),
      (entry) => entry.kind === "prompt" && entry.content === undefined ? { ...entry, content } : entry,
    );
  }

  /** Lets go of chunks at one end until the rest is not heavier than so many characters; a chunk always stays. */
  trim(end: "oldest" | "newest", weight: number): void {
    const kept = [...this.chunks.peek()];
    const gone: ConversationChunk[] = [];
    for (let sum = this.weight; sum > weight && kept.length > 1;) {
      const chunk = end === "oldest" ? kept.shift()! : kept.pop()!;
      sum -= chunk.weight;
      gone.push(chunk);
    }
    if (gone.length === 0) return;
    this.#index.forget(gone, kept[0]!.first.id, kept.at(-1)!.last.id);
    if (end === "newest") this.#end = this.#newEnd();
    this.chunks.value = kept;
  }

  /** Lets go of everything. */
  clear(): void {
    batch(() => {
      this.#index.clear();
      this.#end = this.#newEnd();
      this.chunks.value = [];
    });
  }

  /** Finds the entry of an event: its own, or the last one before it. */
  find(event: number): Entry | undefined {
    const { entries } = this;
    const own = entries.find((entry) =>
      entry.event === event || (entry.kind === "tool" && entry.result?.event === event)
    );
    return own ?? entries.findLast((entry) => entry.event <= event) ?? entries[0];
  }

  #newEnd(): Stretch {
    return new Stretch({
      index: this.#index,
      isEnd: true,
      onChunk: (chunk) => this.chunks.value = [...this.chunks.peek(), chunk],
    });
  }
}
