/**
 * Ends the program in a terminal: as a person would, so that it keeps what it has said of a turn, then less and less
 * gently.
 *
 * @module
 */

import type { DaemonLine } from "../client/daemon_line.ts";
import { descendants } from "../client/process_tree.ts";
import type { Clock } from "../system/clock.ts";
import type { SessionRunner } from "./session_runner.ts";
import type { TerminalConversation } from "./terminal_conversation.ts";
import type { TerminalPanes } from "./terminal_panes.ts";

/** How often to look whether the program has ended, in milliseconds. */
const LOOK_MS = 100;
/** How long each step of ending the program may take, in milliseconds. */
const END_MS = 5_000;
/** How often, and how many milliseconds apart, Ctrl-C is pressed: it interrupts, clears what is half typed, and ends. */
const [PRESSES, PRESS_MS] = [8, 250];

/** What is needed to end a program. */
export interface TerminalEndOptions {
  /** The connection to the daemon. */
  readonly line: DaemonLine;
  /** Asks tmux. */
  readonly panes: TerminalPanes;
  /** Knows what the program says of itself. */
  readonly conversation: TerminalConversation;
  /** The source of time. */
  readonly clock: Clock;
  /** Called before the program is asked to end: notes its conversation. */
  readonly noteConversation: (runner: SessionRunner, pid: number) => Promise<void>;
  /** Called when something fails that no caller waits for. */
  readonly onError: (error: unknown) => void;
}

/** See the module comment. */
export class TerminalEnd {
  readonly #options: TerminalEndOptions;

  /** Ends no program yet. */
  constructor(options: TerminalEndOptions) {
    this.#options = options;
  }

  /** Ends the program of a session. Whether that is gentle is a matter of the session's state, which may change. */
  async endProgram(runner: SessionRunner): Promise<void> {
    const { panes, clock, conversation, noteConversation } = this.#options;
    const { terminal } = runner.record;
    let pane = await panes.find(runner.record);
    const pid = pane?.pid ?? terminal?.pid;
    if (terminal === null || pid === undefined) return;
    if (pane !== undefined) await noteConversation(runner, pid);
    const isThere = async () => {
      pane = await panes.find(runner.record);
      return pane === undefined ? await panes.isRunning(terminal) : !pane.isDead;
    };
    const isToWait = async () => runner.record.state.ending?.step !== "kill" && await isThere();
    const ends = async (ms: number, isGoingOn: () => Promise<boolean>) => {
      const end = clock.elapsed() + ms;
      while (clock.elapsed() < end && await isGoingOn()) await panes.pause(LOOK_MS);
    };
    // A turn may come to its end, unless the session is to be stopped.
    const isInTurn = async () =>
      runner.record.state.ending?.then !== "stopped" && (await conversation.running(runner, pid))?.status === "busy" &&
      await isToWait();
    if (pane !== undefined) await ends(END_MS, isInTurn);
    for (let i = 0; i < PRESSES && await isToWait() && pane !== undefined; i++) {
      await panes.tmux(["send-keys", "-t", pane.id, "C-c"]);
      await ends(PRESS_MS, isToWait);
    }
    if (await isToWait()) {
      await panes.run(["kill", "-TERM", String(pid)]);
      await ends(END_MS, isToWait);
    }
    if (await isThere()) {
      await this.#killTree(pid);
      await ends(END_MS, isThere);
    }
    if (pane !== undefined) await panes.tmux(["kill-pane", "-t", pane.id]);
  }

  /** Kills the program of a session while tmux fails. What is begun next waits for what this cannot end. */
  async killWithoutTmux({ record: { terminal } }: SessionRunner): Promise<void> {
    const { panes, onError } = this.#options;
    try {
      if (terminal?.pid !== undefined && await panes.isRunning(terminal)) await this.#killTree(terminal.pid);
    } catch (error) {
      onError(error);
    }
  }

  /** Kills the program and all its descendants; its shell tools run in sessions of their own. */
  async #killTree(pid: number): Promise<void> {
    const pids = [...await descendants(await this.#options.line.ready(), pid), pid];
    await this.#options.panes.run(["kill", "-KILL", ...pids.map(String)]);
  }
}
