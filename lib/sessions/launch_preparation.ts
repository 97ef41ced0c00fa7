/**
 * What is done before the agent of a session is started again: its conversation has to be free, and what the former
 * process has said and taken has to be known.
 *
 * @module
 */

import { findTranscript, hasUserRecord } from "../claude_home/transcript.ts";
import type { Store } from "../store/store.ts";
import type { Changes } from "./changes.ts";
import type { ConversationGuard } from "./conversation_guard.ts";
import type { SessionRecord } from "./record.ts";
import type { SessionRunner } from "./session_runner.ts";
import type { SessionSettings } from "./settings.ts";
import { importTranscript } from "./transcript_import.ts";

/** What is needed for it. */
export interface LaunchPreparationOptions {
  /** The store. */
  readonly store: Store;
  /** The settings. */
  readonly settings: SessionSettings;
  /** Changes of sessions. */
  readonly changes: Changes;
  /** Knows which conversations are in use. */
  readonly guard: ConversationGuard;
}

/** See the module comment. */
export class LaunchPreparation {
  readonly #options: LaunchPreparationOptions;

  /** Prepares nothing yet. */
  constructor(options: LaunchPreparationOptions) {
    this.#options = options;
  }

  /** Waits until the former process of a conversation has ended, and stores what it has said meanwhile. */
  async prepare(runner: SessionRunner): Promise<void> {
    const { record } = runner;
    if (record.attempts <= 1 && record.origin.kind === "new") return;
    await this.#options.guard.waitUntilFree(record.claudeSessionId, record.formerPid);
    if (record.attempts > 1) await this.importTranscript(runner);
    await this.#dropTaken(runner);
  }

  /** Stores what only the transcript of a session has. */
  importTranscript(runner: SessionRunner): Promise<void> {
    const { store, settings, changes } = this.#options;
    return importTranscript(runner, store, settings.home, changes);
  }

  /** Whether the transcript of a session has a prompt. */
  async hasPrompt({ claudeSessionId }: SessionRecord, promptId: string): Promise<boolean> {
    const path = await findTranscript(this.#options.settings.home, claudeSessionId);
    return path !== undefined && await hasUserRecord(path, promptId);
  }

  /** A prompt that returned to the queue may have reached the agent all the same. */
  async #dropTaken(runner: SessionRunner): Promise<void> {
    const { store, changes } = this.#options;
    const [first] = runner.record.state.queue;
    if (first === undefined || !await this.hasPrompt(runner.record, first)) return;
    await changes.persist(() => {
      store.prompts.setStatus(first, "done");
      runner.note("prompt", "done", { prompt_id: first, state: "done" });
      runner.apply({ type: "prompt_removed", id: first });
    });
  }
}
