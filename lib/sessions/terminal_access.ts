/**
 * What people ask of the terminals of sessions: to open one, to see it in a page, and to go on without it.
 *
 * @module
 */

import type { Changes } from "./changes.ts";
import { SessionError } from "./session_error.ts";
import type { SessionList } from "./session_list.ts";
import type { SessionRunner } from "./session_runner.ts";
import type { TerminalOptions, TerminalStream } from "./sessions.ts";
import type { SessionSettings } from "./settings.ts";
import { isLive } from "./state.ts";
import type { TerminalStreams } from "./terminal_streams.ts";
import type { Terminals } from "./terminals.ts";
import type { Session } from "./types.ts";

/** What is needed for it. */
export interface TerminalAccessOptions {
  /** The settings. */
  readonly settings: SessionSettings;
  /** Changes of sessions. */
  readonly changes: Changes;
  /** All sessions. */
  readonly sessions: SessionList;
  /** Terminals of sessions. */
  readonly terminals: Terminals;
  /** What is shown of terminals in a page. */
  readonly streams: TerminalStreams;
}

/** See the module comment. */
export class TerminalAccess {
  readonly #options: TerminalAccessOptions;

  /** Opens no terminal yet. */
  constructor(options: TerminalAccessOptions) {
    this.#options = options;
  }

  /**
   * Opens the terminal of a session, if it is not open, and returns where it is.
   *
   * @param interrupt Whether a turn may be interrupted for it.
   * @throws {SessionError} If it cannot be opened.
   */
  async attach(
    reference: string,
    { interrupt }: { readonly interrupt: boolean },
  ): Promise<{ tmux_session: string; tmux_socket: string }> {
    const { settings, changes, sessions, terminals } = this.#options;
    const runner = sessions.find(reference);
    const { name } = runner.record;
    checkRunning(runner);
    if (runner.record.state.mode !== "interactive") {
      await terminals.check();
      await runner.until(({ state }) => state.status !== "starting");
      checkRunning(runner);
    }
    // From here to the change nothing is waited for: a turn that began in between would be interrupted.
    const { mode, status } = runner.record.state;
    if (mode !== "interactive") {
      if (status !== "idle" && !interrupt) {
        throw new SessionError("conflict", `session "${name}" is in a turn: wait for it, or interrupt it`);
      }
      changes.run(() => runner.apply({ type: "attach" }));
      await runner.until(({ state, terminal }) =>
        terminal !== null && state.mode === "interactive" || state.ending === null
      );
    }
    terminals.expect(runner);
    const { terminal, error } = runner.record;
    if (terminal === null) {
      throw new SessionError("conflict", `the terminal of "${name}" could not be opened: ${error ?? "see the events"}`);
    }
    return { tmux_session: terminal.name, tmux_socket: settings.tmuxSocket };
  }

  /**
   * Shows the open terminal of a session.
   *
   * @throws {SessionError} If it is not open.
   */
  async open(reference: string, options: TerminalOptions): Promise<TerminalStream> {
    const { sessions, terminals, streams } = this.#options;
    const runner = sessions.find(reference);
    terminals.expect(runner);
    return await streams.open(runner, options);
  }

  /**
   * Ends the program in the terminal of a session, which goes on without it.
   *
   * @throws {SessionError} If the session is not in a terminal.
   */
  async detach(reference: string): Promise<Session> {
    const { changes, sessions } = this.#options;
    const runner = sessions.find(reference);
    if (runner.record.state.mode !== "interactive") {
      throw new SessionError("conflict", `session "${runner.record.name}" is not in a terminal`);
    }
    changes.run(() => runner.apply({ type: "detach" }));
    await runner.until(({ state }) => state.mode !== "interactive" && state.status !== "starting");
    return runner.toSession();
  }
}

function checkRunning({ record }: SessionRunner): void {
  if (!isLive(record.state)) {
    throw new SessionError("conflict", `session "${record.name}" is stopped: resume it first`);
  }
}
