/**
 * The prompts that wait for their turn.
 *
 * @module
 */

import { contentText } from "../agent/search_text.ts";
import type { Store } from "../store/store.ts";
import type { Changes } from "./changes.ts";
import { SessionError } from "./session_error.ts";
import type { SessionList } from "./session_list.ts";
import type { SessionRunner } from "./session_runner.ts";
import type { PromptContent } from "./types.ts";

/** The longest prompt, in bytes of JSON. */
const MAX_PROMPT_BYTES = 8 << 20;

/** See the module comment. */
export class PromptQueue {
  readonly #store: Store;
  readonly #changes: Changes;
  readonly #sessions: SessionList;

  /** Creates the queue. */
  constructor({ store, changes, sessions }: { store: Store; changes: Changes; sessions: SessionList }) {
    this.#store = store;
    this.#changes = changes;
    this.#sessions = sessions;
  }

  /** Adds a prompt to a session, within a change, and returns its id. */
  add(runner: SessionRunner, prompt: PromptContent): string {
    const id = crypto.randomUUID();
    runner.addPrompt(id, prompt);
    return id;
  }

  /**
   * Replaces a prompt.
   *
   * @throws {SessionError} If it is not queued any more, or the new one is empty or too large.
   */
  edit(reference: string, promptId: string, prompt: PromptContent): void {
    const runner = this.#queued(reference, promptId);
    checkPrompt(prompt);
    this.#changes.run(() => {
      this.#store.prompts.setContent(promptId, JSON.stringify(prompt));
      runner.note("prompt", "edited", { prompt_id: promptId, state: "edited", prompt }, contentText(prompt));
      runner.set({ state: { ...runner.record.state } });
    });
  }

  /**
   * Takes a prompt back.
   *
   * @throws {SessionError} If it is not queued any more.
   */
  remove(reference: string, promptId: string): void {
    const runner = this.#queued(reference, promptId);
    this.#changes.run(() => {
      this.#store.prompts.setStatus(promptId, "removed");
      runner.note("prompt", "removed", { prompt_id: promptId, state: "removed" });
      runner.apply({ type: "prompt_removed", id: promptId });
    });
  }

  /**
   * Moves a prompt within the queue.
   *
   * @param position Its new place, from 1.
   * @throws {SessionError} If it is not queued any more, or there is no such place.
   */
  move(reference: string, promptId: string, position: number): void {
    const runner = this.#queued(reference, promptId);
    const { length } = runner.record.state.queue;
    if (!Number.isInteger(position) || position < 1 || position > length) {
      throw new SessionError("bad_params", `position ${position} must be 1 to ${length}`);
    }
    this.#changes.run(() => {
      runner.note("prompt", "moved", { prompt_id: promptId, state: "moved", position });
      runner.apply({ type: "prompt_moved", id: promptId, position: position - 1 });
    });
  }

  #queued(reference: string, promptId: string): SessionRunner {
    const runner = this.#sessions.find(reference);
    if (runner.record.state.queue.includes(promptId)) return runner;
    const row = this.#store.prompts.get(promptId);
    if (row === undefined || row.session !== runner.record.id) {
      throw new SessionError("unknown", `session "${runner.record.name}" has no prompt ${promptId}`);
    }
    throw new SessionError(
      "conflict",
      `prompt ${promptId} is no longer queued: it was ${row.status === "removed" ? "removed" : "sent"}`,
    );
  }
}

/**
 * Checks a prompt.
 *
 * @throws {SessionError} If it is empty or too large.
 */
export function checkPrompt(prompt: PromptContent): void {
  const isEmpty = typeof prompt === "string" ? prompt.trim() === "" : prompt.length === 0;
  if (isEmpty) throw new SessionError("bad_params", "the prompt is empty");
  if (JSON.stringify(prompt).length > MAX_PROMPT_BYTES) {
    throw new SessionError("too_large", "the prompt has more than 8 MiB");
  }
}
