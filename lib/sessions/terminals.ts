/**
 * Sessions in terminals: the agent's own program runs in tmux, and a person types.
 *
 * @module
 */

import { RpcCallError } from "../client/errors.ts";
import { TMUX_OWNER } from "../client/tmux.ts";
import type { Clock } from "../system/clock.ts";
import type { Changes } from "./changes.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import type { Launcher } from "./launcher.ts";
import { SessionError } from "./session_error.ts";
import type { SessionRunner } from "./session_runner.ts";
import type { SessionSettings } from "./settings.ts";
import { type SeenConversation, TerminalConversation } from "./terminal_conversation.ts";
import { TerminalCreation } from "./terminal_creation.ts";
import { TerminalEnd } from "./terminal_end.ts";
import { type Pane, paneOf, RETRY_MS, TerminalPanes, TRIES } from "./terminal_panes.ts";
import type { TerminalPlace } from "./terminal_stream.ts";

/** How often to look at the terminals, in milliseconds. */
const POLL_MS = 500;
/** How long a terminal may have no viewer before the session goes on without the terminal, in milliseconds. */
const LEFT_MS = 2_000;
/** How long to wait for the first person, in milliseconds. */
const UNUSED_MS = 60_000;

/** What the terminals need. */
export interface TerminalsOptions {
  /** The connection to the daemon, which runs tmux. */
  readonly line: DaemonLine;
  /** The settings. */
  readonly settings: SessionSettings;
  /** The changes of all sessions. */
  readonly changes: Changes;
  /** The source of time. */
  readonly clock: Clock;
  /** Knows how the agent CLI is started. */
  readonly launcher: Launcher;
  /** Stores what was said in a terminal. */
  readonly importTranscript: (runner: SessionRunner) => Promise<void>;
  /** Whether another session that is live has a conversation. */
  readonly isTaken: (claudeSessionId: string, runner: SessionRunner) => boolean;
  /** Called when the terminal of a session has ended. */
  readonly onEnd: (runner: SessionRunner) => void;
  /** Called when something fails that no caller waits for. */
  readonly onError: (error: unknown) => void;
}

/** A terminal that is looked after. */
interface Watched extends SeenConversation {
  readonly runner: SessionRunner;
  readonly since: number;
  leftAt: number | undefined;
}

/** See the module comment. */
export class Terminals {
  readonly #options: TerminalsOptions;
  readonly #panes: TerminalPanes;
  readonly #creation: TerminalCreation;
  readonly #conversation: TerminalConversation;
  readonly #end: TerminalEnd;
  readonly #watched = new Map<string, Watched>();
  /** What is being done with the terminal of a session: one thing after the other. */
  readonly #tasks = new Map<string, Promise<void>>();
  #cancel: (() => void) | undefined;
  #failure = "";
  #isClosed = false;

  /** Creates the keeper of no terminal. */
  constructor(options: TerminalsOptions) {
    this.#options = options;
    const { line, settings, clock, launcher, onError } = options;
    const panes = this.#panes = new TerminalPanes(line, settings.tmuxSocket, clock);
    this.#creation = new TerminalCreation({ panes, settings, launcher });
    const conversation = this.#conversation = new TerminalConversation(options);
    const noteConversation = (runner: SessionRunner, pid: number) => this.#noteConversation(runner, pid);
    this.#end = new TerminalEnd({ line, panes, conversation, clock, noteConversation, onError });
  }

  /**
   * Checks that terminals can be opened.
   *
   * @throws {SessionError} If tmux is missing.
   */
  async check(): Promise<void> {
    await this.#panes.check();
  }

  /** Opens the terminal of a session whose agent has ended for that, or adopts one that is there. */
  async open(runner: SessionRunner): Promise<void> {
    await this.#inTurn(runner, () => this.#openOrFail(runner));
  }

  /** Notes that a viewer is about to attach to an open terminal. */
  expect(runner: SessionRunner): void {
    const watched = this.#watched.get(runner.record.id);
    if (watched !== undefined) watched.leftAt = undefined;
  }

  /** Finds where the program of a session is shown; `undefined` if it has ended. */
  async findPlace(runner: SessionRunner): Promise<TerminalPlace | undefined> {
    const pane = await this.#panes.find(runner.record);
    if (pane === undefined || pane.isDead) return undefined;
    return { tmuxId: pane.tmuxId, pane: pane.id, ownerOption: TMUX_OWNER, owner: pane.owner };
  }

  /** Finds the terminal of a session again after a restart of the hub. */
  async recover(runner: SessionRunner): Promise<void> {
    await this.#inTurn(runner, async () => {
      const { id, state } = runner.record;
      if (state.mode !== "interactive") return await this.#openOrFail(runner);
      if (!this.#watched.has(id)) this.#watch(runner);
      if (state.ending !== null) await this.#endAndFinish(runner);
    });
  }

  /**
   * Ends the program in a terminal; then the session goes on without it. Whether that is gentle is a matter of the
   * session's state, which may change meanwhile.
   */
  async end(runner: SessionRunner): Promise<void> {
    await this.#inTurn(runner, () => this.#endAndFinish(runner));
  }

  /** Looks after terminals no more; they stay open. */
  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#panes.close();
  }

  /** Does something once all that was begun before with the terminal of the same session is over. */
  async #inTurn(runner: SessionRunner, work: () => Promise<void>): Promise<void> {
    const { id } = runner.record;
    const done = (this.#tasks.get(id) ?? Promise.resolve()).then(async () => {
      try {
        if (!this.#isClosed) await work();
      } catch (error) {
        if (!this.#isClosed) throw error;
      }
    });
    const over = done.catch(() => {});
    this.#tasks.set(id, over);
    try {
      await done;
    } finally {
      if (this.#tasks.get(id) === over) this.#tasks.delete(id);
    }
  }

  async #openOrFail(runner: SessionRunner): Promise<void> {
    const { state } = runner.record;
    if (state.mode !== "subprocess" || state.ending?.step !== "open_terminal") return;
    if (state.ending.then === "stopped") return await this.#openNone(runner);
    try {
      await this.#open(runner);
    } catch (error) {
      if (this.#isClosed) return;
      const reason = error instanceof Error ? error.message : String(error);
      await this.#options.changes.persist(() => {
        runner.note("mode", "failed", { mode: "interactive", reason });
        runner.set({ error: reason });
        runner.apply({ type: "terminal_failed" });
      });
      if (!(error instanceof SessionError || error instanceof RpcCallError)) throw error;
    }
  }

  /** The session was stopped before its terminal was opened. */
  async #openNone(runner: SessionRunner): Promise<void> {
    await this.#options.changes.persist(() => {
      runner.noteEnd({ reason: "the session was stopped before its terminal was opened" });
      runner.apply({ type: "terminal_failed" });
    });
  }

  async #open(runner: SessionRunner): Promise<void> {
    const { changes, clock } = this.#options;
    const openedAt = clock.now();
    const pane = await this.#creation.create(runner);
    const procStart = await this.#panes.startOf(pane.pid);
    await changes.persist(() => {
      const { claudeSessionId } = runner.record;
      const { name, pid } = pane;
      runner.setTerminal({
        ...{ name, openedAt, claudeSessionId, pid },
        ...(procStart === undefined ? {} : { procStart }),
      });
      runner.apply({ type: "terminal_opened" });
    });
    this.#watch(runner);
  }

  #watch(runner: SessionRunner): void {
    const since = this.#options.clock.elapsed();
    this.#watched.set(runner.record.id, { runner, since, leftAt: undefined, taken: undefined });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#cancel !== undefined || this.#isClosed || this.#watched.size === 0) return;
    this.#cancel = this.#options.clock.after(POLL_MS, () => {
      void this.#look().then(() => this.#failure = "", (error) => this.#report(error)).finally(() => {
        this.#cancel = undefined;
        this.#schedule();
      });
    });
  }

  /** Reports what fails at every look once. */
  #report(error: unknown): void {
    const failure = String(error);
    if (this.#isClosed || failure === this.#failure) return;
    this.#failure = failure;
    this.#options.onError(error);
  }

  async #look(): Promise<void> {
    if (!this.#options.line.isUp) return;
    const panes = await this.#panes.list();
    const idle = [...this.#watched.values()].filter(({ runner }) => !this.#tasks.has(runner.record.id));
    await Promise.all(idle.map((one) => this.#inTurn(one.runner, () => this.#lookAt(one, panes))));
  }

  async #lookAt(watched: Watched, panes: readonly Pane[]): Promise<void> {
    const { runner } = watched;
    const { state, terminal } = runner.record;
    if (state.mode !== "interactive" || terminal === null) return;
    const pane = paneOf(runner.record, panes);
    if (pane === undefined) {
      // While the program runs, it is tmux that cannot be reached.
      if (!await this.#panes.isRunning(terminal)) await this.#finish(runner);
      return;
    }
    if (pane.isDead) return await this.#endAndFinish(runner);
    if (pane.name !== terminal.name) {
      await this.#options.changes.persist(() => runner.setTerminal({ ...terminal, name: pane.name }));
    }
    await this.#noteConversation(runner, pane.pid);
    const now = this.#options.clock.elapsed();
    if (pane.attached > 0) {
      watched.leftAt = undefined;
      return;
    }
    watched.leftAt ??= now;
    const isLeft = pane.wasAttached ? now - watched.leftAt >= LEFT_MS : now - watched.since >= UNUSED_MS;
    if (isLeft) await this.#options.changes.persist(() => runner.apply({ type: "detach" }));
  }

  async #noteConversation(runner: SessionRunner, pid: number): Promise<void> {
    await this.#conversation.note(runner, pid, this.#watched.get(runner.record.id));
  }

  // ---- The end.

  async #endAndFinish(runner: SessionRunner): Promise<void> {
    if (runner.record.state.mode !== "interactive") return;
    for (let tries = 0;;) {
      try {
        await this.#end.endProgram(runner);
        break;
      } catch (error) {
        if (this.#isClosed) return;
        if (++tries >= TRIES) {
          this.#options.onError(error);
          await this.#end.killWithoutTmux(runner);
          break;
        }
        await this.#panes.pause(RETRY_MS);
      }
    }
    await this.#finish(runner);
  }

  async #finish(runner: SessionRunner): Promise<void> {
    try {
      await this.#options.importTranscript(runner);
    } catch (error) {
      if (this.#isClosed) return;
      // The session goes on all the same; its next start looks again.
      this.#options.onError(error);
    }
    this.#watched.delete(runner.record.id);
    this.#options.onEnd(runner);
    await this.#options.changes.persist(() => {
      if (runner.record.state.ending?.then === "stopped") runner.noteEnd({ reason: "the terminal was closed" });
      runner.apply({ type: "terminal_closed" });
      runner.setTerminal(null);
    });
  }
}
