/**
 * Where the entries of a conversation are, and what waits for entries that are not loaded.
 *
 * @module
 */

import { type Signal, signal } from "@preact/signals";
import type { ConversationChunk } from "./conversation_chunk.ts";
import type { Entry, LooseResultEntry } from "./conversation_entry.ts";

/** The index of a conversation. */
export class EntryIndex {
  /** The id of the newest event that ended a turn, 0 for none: calls of tools before it have no result to wait for. */
  readonly turnEnd: Signal<number> = signal(0);
  /** The contents of prompts that were not sent yet, by id, and the events that have them. */
  readonly prompts: Map<string, { readonly event: number; readonly content: unknown }> = new Map();
  readonly #places = new Map<string, ConversationChunk>();
  /** Results whose calls were let go, by the id of the call. */
  readonly #results = new Map<string, LooseResultEntry>();

  /** Notes where an entry is. */
  place(key: string, chunk: ConversationChunk): void {
    this.#places.set(key, chunk);
  }

  /** Returns an entry. */
  get(key: string): Entry | undefined {
    return this.#places.get(key)?.get(key);
  }

  /** Changes an entry, or removes it if the change returns `undefined`; returns whether it was there. */
  change(key: string, change: (entry: Entry) => Entry | undefined): boolean {
    const chunk = this.#places.get(key);
    if (chunk === undefined) return false;
    if (chunk.change(key, change) === undefined) this.#places.delete(key);
    return true;
  }

  /** Puts entries in the place of one. */
  splice(key: string, added: readonly Entry[]): void {
    const chunk = this.#places.get(key);
    if (chunk === undefined) return;
    this.#places.delete(key);
    chunk.splice(key, added);
    for (const entry of added) this.#places.set(entry.key, chunk);
  }

  /** Takes the result of a call away from where it waits for it. */
  takeResult(toolId: string): LooseResultEntry | undefined {
    const key = `r:${toolId}`;
    const kept = this.#results.get(toolId);
    this.#results.delete(toolId);
    const entry = this.get(key);
    if (entry?.kind !== "loose_result") return kept;
    this.change(key, () => undefined);
    return entry;
  }

  /** Forgets the entries of chunks that are let go. Results outlive their calls while their own events are loaded. */
  forget(chunks: readonly ConversationChunk[], firstKept: number, lastKept: number): void {
    for (const entry of chunks.flatMap((chunk) => chunk.entries.value)) {
      this.#places.delete(entry.key);
      if (entry.kind !== "tool" || entry.result === undefined) continue;
      const { toolId, result } = entry;
      const { event, at } = result;
      this.#results.set(toolId, { kind: "loose_result", key: `r:${toolId}`, event, at, toolId, result });
    }
    for (const [id, { event }] of this.#results) {
      if (event < firstKept || event > lastKept) this.#results.delete(id);
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#places.clear();
    this.#results.clear();
    this.prompts.clear();
    this.turnEnd.value = 0;
  }
}
