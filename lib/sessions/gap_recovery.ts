/**
 * Catches up after a gap in what the agent has printed.
 *
 * @module
 */

import { PendingWork } from "../system/pending_work.ts";
import type { Changes } from "./changes.ts";
import type { SessionRecord } from "./record.ts";
import type { SessionInput } from "./state.ts";

/** The session whose output has a gap. */
export interface GapSession {
  /** The session as it is now. */
  readonly record: SessionRecord;
  /** Applies an input to the state machine. */
  apply(input: SessionInput): void;
}

/** What catching up works with. */
export interface GapContext {
  /** The changes of all sessions. */
  readonly changes: Changes;
  /** Stores what only the transcript has. */
  readonly importTranscript: () => Promise<void>;
  /** Called when something fails that no caller waits for. */
  readonly onError: (error: unknown) => void;
}

/** See the module comment. */
export class GapRecovery {
  readonly #session: GapSession;
  readonly #context: GapContext;
  readonly #work: PendingWork;
  #isClosed = false;

  /** Nothing is missing yet. */
  constructor(session: GapSession, context: GapContext) {
    this.#session = session;
    this.#context = context;
    this.#work = new PendingWork((error) => {
      if (!this.#isClosed) context.onError(error);
    });
  }

  /**
   * Catches up with what the agent has said and done while its output was lost; called within a change.
   *
   * @param promptId The prompt that was in flight at the gap; empty if none was.
   * @param agentState What the agent was doing when it answered.
   */
  recover(promptId: string, agentState: unknown): void {
    const { changes, importTranscript } = this.#context;
    const processId = this.#session.record.process?.id;
    const settle = () => {
      if (this.#isClosed || this.#session.record.process?.id !== processId) return;
      const { status, asked, current } = this.#session.record.state;
      if (status === "starting") return this.#session.apply({ type: "ready" });
      // Otherwise the end of that turn was not lost.
      if ((current ?? "") !== promptId) return;
      if (agentState === "idle" && status !== "idle") {
        return this.#session.apply({ type: "result", isTaskNotification: false });
      }
      // A question that was lost cannot be answered: the agent would wait forever.
      if (agentState === "requires_action" && asked.length === 0) this.#session.apply({ type: "interrupt" });
    };
    changes.after(() => this.#work.add(importTranscript().then(() => changes.run(settle))));
  }

  /** Changes nothing any more, and waits for what is in progress. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#work.finished();
  }
}
