/**
 * Creates the terminal of a session: a session of tmux with the agent's own program in it.
 *
 * @module
 */

import { terminalArguments } from "../agent/arguments.ts";
import { freeTmuxName, TMUX_OWNER, tmuxName, tmuxWord } from "../client/tmux.ts";
import type { Launcher } from "./launcher.ts";
import { SessionError } from "./session_error.ts";
import type { SessionRunner } from "./session_runner.ts";
import type { SessionSettings } from "./settings.ts";
import { type Pane, paneOf, RETRY_MS, type TerminalPanes, TRIES } from "./terminal_panes.ts";

/** What the creation of terminals needs. */
export interface TerminalCreationOptions {
  /** Asks tmux. */
  readonly panes: TerminalPanes;
  /** The settings. */
  readonly settings: SessionSettings;
  /** Knows how the agent CLI is started. */
  readonly launcher: Launcher;
}

/** See the module comment. */
export class TerminalCreation {
  readonly #panes: TerminalPanes;
  readonly #settings: SessionSettings;
  readonly #launcher: Launcher;

  /** Creates no terminal yet. */
  constructor({ panes, settings, launcher }: TerminalCreationOptions) {
    this.#panes = panes;
    this.#settings = settings;
    this.#launcher = launcher;
  }

  /**
   * Creates the terminal of a session, or finds one that was created before.
   *
   * @throws {SessionError} If tmux fails, or the program ends at once.
   */
  async create(runner: SessionRunner): Promise<Pane> {
    const { id, name, path } = runner.record;
    const wanted = tmuxName(`${this.#settings.tmuxPrefix}${name}`);
    const program = await this.#program(runner);
    for (let tries = 0;;) {
      const panes = await this.#panes.list();
      const own = paneOf(runner.record, panes);
      if (own?.isDead === false) return own;
      if (own !== undefined) await this.#panes.tmux(["kill-pane", "-t", own.id]);
      const free = freeTmuxName(wanted, new Set(panes.filter((pane) => pane !== own).map((pane) => pane.name)));
      const words = ["new-session", "-d", "-s", free, "-x", "200", "-y", "50", ...program];
      const target = ["-t", `=${free}:`];
      // The user's configuration is read, for the keys; what would take the program's end or its begin from us is undone.
      // Not with -c: tmux expands formats in it, and `#(...)` in the name of a directory would be run.
      const { code, stderr } = await this.#panes.tmux([
        ...words.map(tmuxWord),
        ...[";", "set-option", "-F", ...target, TMUX_OWNER, `${id}/#{pane_id}`],
        ...[";", "set-option", ...target, "destroy-unattached", "off"],
        ...[";", "set-option", "-w", ...target, "remain-on-exit", "off"],
      ], path);
      const pane = await this.#panes.find(runner.record);
      if (pane !== undefined) return pane;
      const reason = code === 0 ? "the program ended at once" : new TextDecoder().decode(stderr).trim();
      if (++tries >= TRIES || code === 0) throw new SessionError("unavailable", `tmux failed: ${reason}`);
      await this.#panes.pause(RETRY_MS);
    }
  }

  /**
   * The program and its arguments, as words that tmux runs without the user's shell. It hands the environment of its
   * client to a new server only: `env` sets what the program needs.
   */
  async #program(runner: SessionRunner): Promise<string[]> {
    const launcher = this.#launcher;
    const { command, args, env } = launcher.command(terminalArguments(await launcher.agentStart(runner.record)));
    return ["env", ...Object.entries(env).map(([key, value]) => `${key}=${value}`), command, ...args];
  }
}
