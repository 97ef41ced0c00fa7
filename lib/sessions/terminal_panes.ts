/**
 * The terminals of sessions as tmux has them. tmux runs through the daemon; while that cannot be reached, what is asked
 * waits.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import { ConnectionLostError } from "../client/errors.ts";
import { processStartTicks } from "../client/process_tree.ts";
import { type CommandResult, runCommand } from "../client/run_command.ts";
import { readTmuxList, TMUX_OWNER, tmuxProblem } from "../client/tmux.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import type { Clock } from "../system/clock.ts";
import type { SessionRecord, Terminal } from "./record.ts";
import { SessionError } from "./session_error.ts";

/** How often tmux is asked that fails. */
export const TRIES = 4;
/** How many milliseconds apart tmux is asked that fails. */
export const RETRY_MS = 250;

/** A terminal as tmux reports it. */
export interface Pane {
  /** Whose terminal its tmux session is. */
  readonly owner: string;
  /** tmux's own id of the pane. */
  readonly id: string;
  /** tmux's own id of its session. */
  readonly tmuxId: string;
  /** The name of the tmux session. */
  readonly name: string;
  /** How many viewers it has. */
  readonly attached: number;
  /** Whether the terminal ever had a viewer, if only between two looks. */
  readonly wasAttached: boolean;
  /** The process in it. */
  readonly pid: number;
  /** Whether the program has ended; tmux may be configured to keep it on the screen. */
  readonly isDead: boolean;
}

/** See the module comment. */
export class TerminalPanes {
  readonly #line: DaemonLine;
  readonly #socket: string;
  readonly #clock: Clock;
  readonly #pausing = new Set<() => void>();
  #isClosed = false;

  /** @param socket The socket of the tmux server. */
  constructor(line: DaemonLine, socket: string, clock: Clock) {
    this.#line = line;
    this.#socket = socket;
    this.#clock = clock;
  }

  /**
   * Checks that terminals can be opened.
   *
   * @throws {SessionError} If tmux is missing, or no daemon listens for three seconds.
   */
  async check(): Promise<void> {
    const cause = await tmuxProblem(this.#line);
    if (cause === undefined) return;
    throw new SessionError("unavailable", `a terminal needs tmux, which is missing: ${cause.message}`, { cause });
  }

  /**
   * Returns the panes of the tmux server.
   *
   * @throws {SessionError} If tmux does not tell. That no server runs is an answer.
   */
  async list(): Promise<Pane[]> {
    for (let tries = 0;;) {
      // Where the locale is not UTF-8, tmux prints "_" instead of a tab.
      const { lines, failure } = readTmuxList(await this.tmux(["list-panes", "-a", "-F", PANE_FORMAT]));
      if (lines !== undefined) return lines.flatMap(parsePane);
      if (++tries >= TRIES) throw new SessionError("unavailable", failure);
      await this.pause(RETRY_MS);
    }
  }

  /**
   * Returns the pane in which the program of a session runs, if there is one.
   *
   * @throws {SessionError} If tmux does not tell.
   */
  async find(record: SessionRecord): Promise<Pane | undefined> {
    return paneOf(record, await this.list());
  }

  /** Returns whether the program of a terminal is there, as far as the system tells. */
  async isRunning({ pid, procStart }: Terminal): Promise<boolean> {
    return pid !== undefined && procStart !== undefined && await this.startOf(pid) === procStart;
  }

  /** Returns when a process started, as `/proc` has it; `undefined` if it has ended, or there is no `/proc`. */
  async startOf(pid: number): Promise<string | undefined> {
    return await this.#insist((client) => processStartTicks(client, pid));
  }

  /** Runs a command of tmux. */
  async tmux(args: readonly string[], cwd?: string): Promise<CommandResult> {
    return await this.run(["tmux", "-u", "-S", this.#socket, ...args], cwd);
  }

  /** Runs a command. */
  async run([command = "", ...args]: readonly string[], cwd?: string): Promise<CommandResult> {
    return await this.#insist((client) => runCommand(client, { command, args, ...(cwd === undefined ? {} : { cwd }) }));
  }

  /** @throws {ClaustrumError} If it is closed. */
  async pause(ms: number): Promise<void> {
    if (!this.#isClosed) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = this.#clock.after(ms, resolve);
      this.#pausing.add(resolve);
      await promise;
      this.#pausing.delete(resolve);
      cancel();
    }
    if (this.#isClosed) throw new ClaustrumError("the sessions were closed");
  }

  /** Ends all pauses; the terminals stay open. */
  close(): void {
    this.#isClosed = true;
    for (const wake of this.#pausing) wake();
  }

  /** Asks the daemon until the connection to it lasts for the answer. */
  async #insist<T>(ask: (client: Client) => Promise<T>): Promise<T> {
    for (;;) {
      const client: Client = await this.#line.ready();
      try {
        return await ask(client);
      } catch (error) {
        if (!this.#line.noteFailure(client, error) && !(error instanceof ConnectionLostError)) throw error;
      }
    }
  }
}

/** Returns the pane in which the program of a session runs; a person may have split its window. */
export function paneOf({ id }: SessionRecord, panes: readonly Pane[]): Pane | undefined {
  return panes.find((pane) => pane.owner === `${id}/${pane.id}`);
}

const PANE_FORMAT = [
  "#{session_attached}",
  "0#{session_last_attached}",
  "#{pane_pid}",
  "#{pane_dead}",
  "#{pane_id}",
  `#{${TMUX_OWNER}}`,
  "#{session_id}",
  "#{session_name}",
].join(" ");

function parsePane(line: string): Pane[] {
  const [attached, lastAttached, pid, isDead, id = "", owner = "", tmuxId = "", ...words] = line.split(" ");
  if (words.length === 0) return [];
  return [{
    ...{ owner, id, tmuxId, name: words.join(" "), pid: Number(pid), isDead: isDead === "1" },
    attached: Number(attached),
    wasAttached: Number(lastAttached) > 0,
  }];
}
