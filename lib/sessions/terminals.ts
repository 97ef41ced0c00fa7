/**
 * Sessions in terminals: the agent's own program runs in tmux, and a person types.
 *
 * @module
 */

import { terminalArguments } from "../agent/arguments.ts";
import { type RunningSession, runningSessions } from "../claude_home/running_sessions.ts";
import type { Client } from "../client/connect.ts";
import { ConnectionLostError, RpcCallError } from "../client/errors.ts";
import { descendants } from "../client/process_tree.ts";
import { type CommandResult, runCommand } from "../client/run_command.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import type { Clock } from "../system/clock.ts";
import type { Changes } from "./changes.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import type { Launcher } from "./launcher.ts";
import type { Terminal } from "./record.ts";
import { SessionError } from "./session_error.ts";
import type { SessionRunner } from "./session_runner.ts";
import type { SessionSettings } from "./settings.ts";
import type { TerminalPlace } from "./terminal_stream.ts";

/** How often to look at the terminals, in milliseconds. */
const POLL_MS = 500;
/** How long a terminal may have no viewer before the session goes on without the terminal, in milliseconds. */
const LEFT_MS = 2_000;
/** How long to wait for the first person, in milliseconds. */
const UNUSED_MS = 60_000;
/** How long each step of ending the program may take, in milliseconds. */
const END_MS = 5_000;
/** How often, and how many milliseconds apart, Ctrl-C is pressed: it interrupts, clears what is half typed, and ends. */
const [PRESSES, PRESS_MS] = [8, 250];
/** How often tmux is asked that fails, and how many milliseconds apart. */
const [TRIES, RETRY_MS] = [4, 250];
/** The option of a tmux session that says whose terminal it is: the id of the session, "/", and that of the pane. */
const OWNER = "@claustrum";

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

/** A terminal as tmux reports it. */
interface Pane {
  /** Whose terminal its tmux session is. */
  readonly owner: string;
  /** tmux's own id of the pane. */
  readonly id: string;
  /** tmux's own id of its session. */
  readonly tmuxId: string;
  /** The name of the tmux session. */
  readonly name: string;
  readonly attached: number;
  /** Whether the terminal ever had a viewer, if only between two looks. */
  readonly wasAttached: boolean;
  readonly pid: number;
  /** Whether the program has ended; tmux may be configured to keep it on the screen. */
  readonly isDead: boolean;
}

/** A terminal that is looked after. */
interface Watched {
  readonly runner: SessionRunner;
  readonly since: number;
  leftAt: number | undefined;
  /** A conversation that the person went to, and that another session has. */
  taken: string | undefined;
}

/** See the module comment. */
export class Terminals {
  readonly #options: TerminalsOptions;
  readonly #watched = new Map<string, Watched>();
  /** What is being done with the terminal of a session: one thing after the other. */
  readonly #tasks = new Map<string, Promise<void>>();
  readonly #pausing = new Set<() => void>();
  #cancel: (() => void) | undefined;
  #failure = "";
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
    await this.#inTurn(runner, () => this.#openOrFail(runner));
  }

  /** Notes that a viewer is about to attach to an open terminal. */
  expect(runner: SessionRunner): void {
    const watched = this.#watched.get(runner.record.id);
    if (watched !== undefined) watched.leftAt = undefined;
  }

  /** Finds where the program of a session is shown; `undefined` if it has ended. */
  async findPlace(runner: SessionRunner): Promise<TerminalPlace | undefined> {
    const pane = this.#paneOf(runner, await this.#panes());
    if (pane === undefined || pane.isDead) return undefined;
    return { tmuxId: pane.tmuxId, pane: pane.id, ownerOption: OWNER, owner: pane.owner };
  }

  /** Finds the terminal of a session again after a restart of the hub. */
  async recover(runner: SessionRunner): Promise<void> {
    await this.#inTurn(runner, async () => {
      const { id, state } = runner.record;
      if (state.mode !== "interactive") return await this.#openOrFail(runner);
      if (!this.#watched.has(id)) this.#watch(runner);
      if (state.ending !== null) await this.#end(runner);
    });
  }

  /**
   * Ends the program in a terminal; then the session goes on without it. Whether that is gentle is a matter of the
   * session's state, which may change meanwhile.
   */
  async end(runner: SessionRunner): Promise<void> {
    await this.#inTurn(runner, () => this.#end(runner));
  }

  /** Looks after terminals no more; they stay open. */
  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    for (const wake of this.#pausing) wake();
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
    const pane = await this.#create(runner);
    const procStart = await this.#startOf(pane.pid);
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

  /** Creates the terminal of a session, or finds one that was created before. */
  async #create(runner: SessionRunner): Promise<Pane> {
    const { id, name, path } = runner.record;
    const wanted = tmuxName(`${this.#options.settings.tmuxPrefix}${name}`);
    const program = await this.#program(runner);
    for (let tries = 0;;) {
      const panes = await this.#panes();
      const own = this.#paneOf(runner, panes);
      if (own?.isDead === false) return own;
      if (own !== undefined) await this.#tmux(["kill-pane", "-t", own.id]);
      const taken = new Set(panes.filter((pane) => pane !== own).map((pane) => pane.name));
      let free = wanted;
      for (let n = 2; taken.has(free); n++) free = `${wanted}-${n}`;
      const words = ["new-session", "-d", "-s", free, "-x", "200", "-y", "50", ...program];
      const target = ["-t", `=${free}:`];
      // The user's configuration is read, for the keys; what would take the program's end or its begin from us is undone.
      // Not with -c: tmux expands formats in it, and `#(...)` in the name of a directory would be run.
      const { code, stderr } = await this.#tmux([
        ...words.map((word) => word.replace(/;$/, "\\;")),
        ...[";", "set-option", "-F", ...target, OWNER, `${id}/#{pane_id}`],
        ...[";", "set-option", ...target, "destroy-unattached", "off"],
        ...[";", "set-option", "-w", ...target, "remain-on-exit", "off"],
      ], path);
      const pane = this.#paneOf(runner, await this.#panes());
      if (pane !== undefined) return pane;
      const reason = code === 0 ? "the program ended at once" : new TextDecoder().decode(stderr).trim();
      if (++tries >= TRIES || code === 0) throw new SessionError("unavailable", `tmux failed: ${reason}`);
      await this.#pause(RETRY_MS);
    }
  }

  /**
   * The program and its arguments, as words that tmux runs without the user's shell. It hands the environment of its
   * client to a new server only: `env` sets what the program needs.
   */
  async #program(runner: SessionRunner): Promise<string[]> {
    const { launcher } = this.#options;
    const { command, args, env } = launcher.command(terminalArguments(await launcher.agentStart(runner.record)));
    return ["env", ...Object.entries(env).map(([key, value]) => `${key}=${value}`), command, ...args];
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
    const panes = await this.#panes();
    const idle = [...this.#watched.values()].filter(({ runner }) => !this.#tasks.has(runner.record.id));
    await Promise.all(idle.map((one) => this.#inTurn(one.runner, () => this.#lookAt(one, panes))));
  }

  async #lookAt(watched: Watched, panes: readonly Pane[]): Promise<void> {
    const { runner } = watched;
    const { state, terminal } = runner.record;
    if (state.mode !== "interactive" || terminal === null) return;
    const pane = this.#paneOf(runner, panes);
    if (pane === undefined) {
      // While the program runs, it is tmux that cannot be reached.
      if (!await this.#isRunning(terminal)) await this.#finish(runner);
      return;
    }
    if (pane.isDead) return await this.#end(runner);
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

  /** The person may have moved to another conversation, with `/clear` or `/resume`. */
  async #noteConversation(runner: SessionRunner, pid: number): Promise<void> {
    const { changes, importTranscript, isTaken } = this.#options;
    const id = (await this.#running(runner, pid))?.sessionId;
    if (id === undefined || id === runner.record.terminal?.claudeSessionId) return;
    if (isTaken(id, runner)) return await this.#noteTaken(runner, id);
    await importTranscript(runner);
    await changes.persist(() => {
      const { terminal } = runner.record;
      if (terminal === null) return;
      runner.setTerminal({ ...terminal, claudeSessionId: id });
      runner.set({ claudeSessionId: id, origin: { kind: "new" } });
      runner.note("mode", "conversation", { claude_session_id: id });
    });
  }

  /** Two sessions in one conversation would lose turns: this one goes on in its own. */
  async #noteTaken(runner: SessionRunner, id: string): Promise<void> {
    const watched = this.#watched.get(runner.record.id);
    if (watched === undefined || watched.taken === id) return;
    watched.taken = id;
    const reason = "another session has the conversation that was resumed in the terminal: this one goes on in its own";
    await this.#options.changes.persist(() =>
      runner.note("mode", "conversation_taken", { claude_session_id: id, reason })
    );
  }

  /** What the program in a terminal says of itself. */
  async #running({ record }: SessionRunner, pid: number): Promise<RunningSession | undefined> {
    const procStart = record.terminal?.procStart;
    const all = await runningSessions(this.#options.settings.home, () => true);
    return all.find((one) =>
      one.pid === pid && (procStart === undefined || one.procStart === undefined || one.procStart === procStart)
    );
  }

  // ---- The end.

  async #end(runner: SessionRunner): Promise<void> {
    if (runner.record.state.mode !== "interactive") return;
    for (let tries = 0;;) {
      try {
        await this.#endProgram(runner);
        break;
      } catch (error) {
        if (this.#isClosed) return;
        if (++tries >= TRIES) {
          this.#options.onError(error);
          await this.#killWithoutTmux(runner);
          break;
        }
        await this.#pause(RETRY_MS);
      }
    }
    await this.#finish(runner);
  }

  /** What is begun next waits for what this cannot end. */
  async #killWithoutTmux({ record: { terminal } }: SessionRunner): Promise<void> {
    try {
      if (terminal?.pid !== undefined && await this.#isRunning(terminal)) await this.#killTree(terminal.pid);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** Ends the program: as a person would, so that it keeps what it has said of a turn, then less and less gently. */
  async #endProgram(runner: SessionRunner): Promise<void> {
    const { terminal } = runner.record;
    let pane = this.#paneOf(runner, await this.#panes());
    const pid = pane?.pid ?? terminal?.pid;
    if (terminal === null || pid === undefined) return;
    if (pane !== undefined) await this.#noteConversation(runner, pid);
    const isThere = async () => {
      pane = this.#paneOf(runner, await this.#panes());
      return pane === undefined ? await this.#isRunning(terminal) : !pane.isDead;
    };
    const isToWait = async () => runner.record.state.ending?.step !== "kill" && await isThere();
    const ends = async (ms: number, isGoingOn: () => Promise<boolean>) => {
      const end = this.#options.clock.elapsed() + ms;
      while (this.#options.clock.elapsed() < end && await isGoingOn()) await this.#pause(POLL_MS / 5);
    };
    // A turn may come to its end, unless the session is to be stopped.
    const isInTurn = async () =>
      runner.record.state.ending?.then !== "stopped" && (await this.#running(runner, pid))?.status === "busy" &&
      await isToWait();
    if (pane !== undefined) await ends(END_MS, isInTurn);
    for (let i = 0; i < PRESSES && await isToWait() && pane !== undefined; i++) {
      await this.#tmux(["send-keys", "-t", pane.id, "C-c"]);
      await ends(PRESS_MS, isToWait);
    }
    if (await isToWait()) {
      await this.#run(["kill", "-TERM", String(pid)]);
      await ends(END_MS, isToWait);
    }
    if (await isThere()) {
      await this.#killTree(pid);
      await ends(END_MS, isThere);
    }
    if (pane !== undefined) await this.#tmux(["kill-pane", "-t", pane.id]);
  }

  /** Kills the program and all its descendants; its shell tools run in sessions of their own. */
  async #killTree(pid: number): Promise<void> {
    const pids = [...await descendants(await this.#options.line.ready(), pid), pid];
    await this.#run(["kill", "-KILL", ...pids.map(String)]);
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

  // ---- tmux.

  /** The pane in which the program of a session runs; a person may have split its window. */
  #paneOf({ record }: SessionRunner, panes: readonly Pane[]): Pane | undefined {
    return panes.find(({ owner, id }) => owner === `${record.id}/${id}`);
  }

  /**
   * The panes of the tmux server.
   *
   * @throws {SessionError} If tmux does not tell. That no server runs is an answer.
   */
  async #panes(): Promise<Pane[]> {
    for (let tries = 0;;) {
      // Where the locale is not UTF-8, tmux prints "_" instead of a tab.
      const { code, stdout, stderr } = await this.#tmux(["list-panes", "-a", "-F", PANE_FORMAT]);
      if (code === 0) return new TextDecoder().decode(stdout).split("\n").flatMap(parsePane);
      const reason = new TextDecoder().decode(stderr).trim();
      if (/^no server running on |^error connecting to .* \(No such file or directory\)$/s.test(reason)) return [];
      if (++tries >= TRIES) throw new SessionError("unavailable", `tmux failed: ${reason}`);
      await this.#pause(RETRY_MS);
    }
  }

  /** Whether the program of a terminal is there, as far as the system tells. */
  async #isRunning({ pid, procStart }: Terminal): Promise<boolean> {
    return pid !== undefined && procStart !== undefined && await this.#startOf(pid) === procStart;
  }

  /** When a process started, as `/proc` has it; `undefined` if it has ended, or there is no `/proc`. */
  async #startOf(pid: number): Promise<string | undefined> {
    const { code, stdout } = await this.#run(["cat", `/proc/${pid}/stat`]);
    if (code !== 0) return undefined;
    const text = new TextDecoder().decode(stdout);
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[START_FIELD];
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

  /** @throws {ClaustrumError} If nothing is looked after any more. */
  async #pause(ms: number): Promise<void> {
    if (!this.#isClosed) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = this.#options.clock.after(ms, resolve);
      this.#pausing.add(resolve);
      await promise;
      this.#pausing.delete(resolve);
      cancel();
    }
    if (this.#isClosed) throw new ClaustrumError("the sessions were closed");
  }
}

/** Where the start time stands in `/proc/PID/stat`, counted after the name of the program. */
const START_FIELD = 19;

const PANE_FORMAT = [
  "#{session_attached}",
  "0#{session_last_attached}",
  "#{pane_pid}",
  "#{pane_dead}",
  "#{pane_id}",
  `#{${OWNER}}`,
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

/** tmux expands formats in the name of a new session, and "=", "." and ":" mean something where one is looked up. */
function tmuxName(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}_-]/gu, "_");
}
