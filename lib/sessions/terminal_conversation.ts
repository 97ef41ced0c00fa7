/**
 * The conversation that the program in a terminal is in. The person may move to another one, with `/clear` or `/resume`.
 *
 * @module
 */

import { type RunningSession, runningSessions } from "../claude_home/running_sessions.ts";
import type { Changes } from "./changes.ts";
import type { SessionRunner } from "./session_runner.ts";
import type { SessionSettings } from "./settings.ts";

/** What is needed to follow conversations. */
export interface TerminalConversationOptions {
  /** The settings. */
  readonly settings: SessionSettings;
  /** The changes of all sessions. */
  readonly changes: Changes;
  /** Stores what was said in a terminal. */
  readonly importTranscript: (runner: SessionRunner) => Promise<void>;
  /** Whether another session that is live has a conversation. */
  readonly isTaken: (claudeSessionId: string, runner: SessionRunner) => boolean;
}

/** What is known of a terminal's conversation, apart from what is stored. */
export interface SeenConversation {
  /** A conversation that the person went to, and that another session has. */
  taken: string | undefined;
}

/** See the module comment. */
export class TerminalConversation {
  readonly #options: TerminalConversationOptions;

  /** Looks at no terminal yet. */
  constructor(options: TerminalConversationOptions) {
    this.#options = options;
  }

  /**
   * Notes in which conversation the program in a terminal is now.
   *
   * @param pid The process in the terminal.
   * @param seen What is known of the terminal; `undefined` if it is not looked after.
   */
  async note(runner: SessionRunner, pid: number, seen: SeenConversation | undefined): Promise<void> {
    const { changes, importTranscript, isTaken } = this.#options;
    const id = (await this.running(runner, pid))?.sessionId;
    if (id === undefined || id === runner.record.terminal?.claudeSessionId) return;
    if (isTaken(id, runner)) return await this.#noteTaken(runner, id, seen);
    await importTranscript(runner);
    await changes.persist(() => {
      const { terminal } = runner.record;
      if (terminal === null) return;
      runner.setTerminal({ ...terminal, claudeSessionId: id });
      runner.set({ claudeSessionId: id, origin: { kind: "new" } });
      runner.note("mode", "conversation", { claude_session_id: id });
    });
  }

  /** Returns what the program in a terminal says of itself. */
  async running({ record }: SessionRunner, pid: number): Promise<RunningSession | undefined> {
    const procStart = record.terminal?.procStart;
    const all = await runningSessions(this.#options.settings.home, () => true);
    return all.find((one) =>
      one.pid === pid && (procStart === undefined || one.procStart === undefined || one.procStart === procStart)
    );
  }

  /** Two sessions in one conversation would lose turns: this one goes on in its own. */
  async #noteTaken(runner: SessionRunner, id: string, seen: SeenConversation | undefined): Promise<void> {
    if (seen === undefined || seen.taken === id) return;
    seen.taken = id;
    const reason = "another session has the conversation that was resumed in the terminal: this one goes on in its own";
    await this.#options.changes.persist(() =>
      runner.note("mode", "conversation_taken", { claude_session_id: id, reason })
    );
  }
}
