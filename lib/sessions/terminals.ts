/**
 * Sessions in terminals: the agent's own program runs in tmux, and a person types.
 *
 * @module
 */

import { terminalArguments } from "../agent/arguments.ts";
import { runningSessions } from "../claude_home/running_sessions.ts";
import type { Client } from "../client/connect.ts";
import { ConnectionLostError, RpcCallError } from "../client/errors.ts";
import { type CommandResult, runCommand } from "../client/run_command.ts";
import type { Clock } from "../system/clock.ts";
import type { Changes } from "./changes.ts";
import type { DaemonLine } from "./daemon_line.ts";
import type { Launcher } from "./launcher.ts";
import { SessionError } from "./session_error.ts";
import type { SessionRunner } from "./session_runner.ts";
import type { SessionSettings } from "./settings.ts";

/** How often to look at the terminals, in milliseconds. */
const POLL_MS = 500;
/** How long nobody may be attached before the session goes on without the terminal, in milliseconds. */
const LEFT_MS = 2_000;
/** How long to wait for the first person, in milliseconds. */
const UNUSED_MS = 60_000;
/** How long the program may take to end, in milliseconds. */
const END_MS = 5_000;

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
  /** Called when something fails that no caller waits for. */
  readonly onError: (error: unknown) => void;
}

/** A terminal as tmux reports it. */
interface Pane {
  readonly attached: number;
  /** Whether somebody was ever attached, if only between two looks. */
  readonly wasAttached: boolean;
  readonly pid: number;
  /** Whether the program has ended; whoever set tmux up so, it stays on the screen. */
  readonly isDead: boolean;
}

/** A terminal that is looked after. */
interface Watched {
  readonly runner: SessionRunner;
  readonly since: number;
  leftAt: number | undefined;
  isEnding: boolean;
}

/** See the module comment. */
export class Terminals {
  readonly #options: TerminalsOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #opening = new Set<string>();
  #cancel: (() => void) | undefined;
  #isClosed = false;

  /** Creates the keeper of no terminal. */
  constructor(options: TerminalsOptions) {
    this.#options = options;
  }

  /**
   * Checks that terminals can be opened.
   *
   * @throws {SessionError} If tmux is missing.
   */
  async check(): Promise<void> {
    try {
      await runCommand(this.#options.line.now(), { command: "tmux", args: ["-V"] });
    } catch (error) {
      if (!(error instanceof RpcCallError)) throw error;
      throw new SessionError("unavailable", `a terminal needs tmux, which is missing: ${error.message}`, {
        cause: error,
      });
    }
  }

  /** Opens the terminal of a session whose agent has ended for that, or adopts one that is there. */
  async open(runner: SessionRunner): Promise<void> {
    const { id } = runner.record;
    if (this.#opening.has(id)) return;
    this.#opening.add(id);
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
    } finally {
      this.#opening.delete(id);
    }
  }

  /** Notes that somebody is about to come to a terminal that is open. */
  expect(runner: SessionRunner): void {
    const watched = this.#watched.get(runner.record.id);
    if (watched !== undefined) watched.leftAt = undefined;
  }

  /** Finds the terminal of a session again after a restart of the hub. */
  async recover(runner: SessionRunner): Promise<void> {
    if (this.#watched.has(runner.record.id)) return;
    if (runner.record.terminal === null) return await this.open(runner);
    const isGentle = runner.record.state.ending !== null;
    this.#watch(runner);
    if (isGentle) await this.end(runner, true);
  }

  /** Ends the program in a terminal; then the session goes on without it. */
  async end(runner: SessionRunner, isGentle: boolean): Promise<void> {
    const watched = this.#watched.get(runner.record.id);
    const { terminal } = runner.record;
    if (terminal === null || (watched?.isEnding === true && isGentle)) return;
    if (watched !== undefined) watched.isEnding = true;
    const { clock } = this.#options;
    const pane = (await this.#panes()).get(terminal.name);
    if (pane !== undefined) {
      await this.#noteConversation(runner, pane);
      if (isGentle && !pane.isDead) {
        await this.#run(["kill", "-TERM", String(pane.pid)]);
        const deadline = clock.elapsed() + END_MS;
        while (clock.elapsed() < deadline && isRunning((await this.#panes()).get(terminal.name))) await this.#pause();
      }
      await this.#tmux(["kill-session", "-t", `=${terminal.name}`]);
    }
    await this.#finish(runner);
  }

  /** Looks after terminals no more; they stay open. */
  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  async #open(runner: SessionRunner): Promise<void> {
    const { changes, clock, settings } = this.#options;
    const { record } = runner;
    const name = tmuxName(`${settings.tmuxPrefix}${record.name}`);
    const openedAt = clock.now();
    const found = (await this.#panes()).get(name);
    if (found?.isDead === true) await this.#tmux(["kill-session", "-t", `=${name}`]);
    if (found === undefined || found.isDead) await this.#create(name, runner);
    const { claudeSessionId } = record;
    await changes.persist(() => {
      runner.setTerminal({ name, openedAt, claudeSessionId });
      runner.apply({ type: "terminal_opened" });
    });
    this.#watch(runner);
  }

  async #create(name: string, runner: SessionRunner): Promise<void> {
    const { launcher } = this.#options;
    const { record } = runner;
    const { command, args, env } = launcher.command(terminalArguments(await launcher.agentStart(record)));
    // tmux hands the environment of its client to a new server only: `env` sets what the program needs. Given as words
    // they need no shell, which is the user's and may be any; one that ends in a semicolon would end the command.
    const program = ["env", ...Object.entries(env).map(([key, value]) => `${key}=${value}`), command, ...args];
    const words = ["new-session", "-d", "-s", name, "-x", "200", "-y", "50", ...program];
    // Not with -c: tmux expands formats in it, and `#(...)` in the name of a directory would be run.
    const result = await this.#tmux(words.map((word) => word.replace(/;$/, "\\;")), record.path);
    if (result.code !== 0) {
      throw new SessionError("unavailable", `tmux failed: ${new TextDecoder().decode(result.stderr).trim()}`);
    }
  }

  #watch(runner: SessionRunner): void {
    const since = this.#options.clock.elapsed();
    this.#watched.set(runner.record.id, { runner, since, leftAt: undefined, isEnding: false });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#cancel !== undefined || this.#isClosed || this.#watched.size === 0) return;
    this.#cancel = this.#options.clock.after(POLL_MS, () => {
      void this.#look().catch(this.#options.onError).finally(() => {
        this.#cancel = undefined;
        this.#schedule();
      });
    });
  }

  async #look(): Promise<void> {
    if (!this.#options.line.isUp) return;
    const panes = await this.#panes();
    await Promise.all([...this.#watched.values()].map((one) => this.#lookAt(one, panes)));
  }

  async #lookAt(watched: Watched, panes: ReadonlyMap<string, Pane>): Promise<void> {
    const { runner } = watched;
    const { terminal } = runner.record;
    if (watched.isEnding || terminal === null) return;
    const pane = panes.get(terminal.name);
    if (pane === undefined) return await this.#finish(runner);
    if (pane.isDead) return await this.end(runner, true);
    await this.#noteConversation(runner, pane);
    const now = this.#options.clock.elapsed();
    if (pane.attached > 0) {
      watched.leftAt = undefined;
      return;
    }
    watched.leftAt ??= now;
    const isLeft = pane.wasAttached ? now - watched.leftAt >= LEFT_MS : now - watched.since >= UNUSED_MS;
    if (isLeft) await this.#options.changes.persist(() => runner.apply({ type: "detach" }));
  }

  /** The person may have moved to another conversation, with `/clear`. */
  async #noteConversation(runner: SessionRunner, { pid }: Pane): Promise<void> {
    const { terminal } = runner.record;
    const found = (await runningSessions(this.#options.settings.home, () => true)).find((one) => one.pid === pid);
    if (terminal === null || found === undefined || found.sessionId === terminal.claudeSessionId) return;
    await this.#options.importTranscript(runner);
    await this.#options.changes.persist(() => {
      runner.setTerminal({ ...terminal, claudeSessionId: found.sessionId });
      runner.set({ claudeSessionId: found.sessionId, origin: { kind: "new" } });
      runner.note("mode", "conversation", { claude_session_id: found.sessionId });
    });
  }

  async #finish(runner: SessionRunner): Promise<void> {
    this.#watched.delete(runner.record.id);
    await this.#options.importTranscript(runner);
    await this.#options.changes.persist(() => {
      if (runner.record.state.ending?.then === "stopped") runner.noteEnd({ reason: "the terminal was closed" });
      runner.apply({ type: "terminal_closed" });
      runner.setTerminal(null);
    });
  }

  /** The terminals of the tmux server, by the names of their sessions. */
  async #panes(): Promise<Map<string, Pane>> {
    // Where the locale is not UTF-8, tmux prints "_" instead of a tab.
    const format = "#{session_attached} 0#{session_last_attached} #{pane_pid} #{pane_dead} #{session_name}";
    const { code, stdout } = await this.#tmux(["list-panes", "-a", "-F", format]);
    if (code !== 0) return new Map(); // no server runs
    const panes = new Map<string, Pane>();
    for (const line of new TextDecoder().decode(stdout).split("\n")) {
      const [attached, lastAttached, pid, isDead, ...words] = line.split(" ");
      const name = words.join(" ");
      // A person may have split the window; the agent's pane is the first.
      if (name === "" || panes.has(name)) continue;
      const wasAttached = Number(lastAttached) > 0;
      panes.set(name, { attached: Number(attached), wasAttached, pid: Number(pid), isDead: isDead === "1" });
    }
    return panes;
  }

  async #tmux(args: readonly string[], cwd?: string): Promise<CommandResult> {
    return await this.#run(["tmux", "-u", "-S", this.#options.settings.tmuxSocket, ...args], cwd);
  }

  async #run([command = "", ...args]: readonly string[], cwd?: string): Promise<CommandResult> {
    const { line } = this.#options;
    for (;;) {
      const client: Client = await line.ready();
      try {
        return await runCommand(client, { command, args, ...(cwd === undefined ? {} : { cwd }) });
      } catch (error) {
        if (!line.noteFailure(client, error) && !(error instanceof ConnectionLostError)) throw error;
      }
    }
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => void this.#options.clock.after(100, resolve));
  }
}

function isRunning(pane: Pane | undefined): boolean {
  return pane !== undefined && !pane.isDead;
}

/** tmux expands formats in the name of a new session, and "=", "." and ":" mean something where one is looked up. */
function tmuxName(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}_-]/gu, "_");
}
