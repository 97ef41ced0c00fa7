/**
 * tmux as remote control uses it: a server of the hub's own, run through the daemon.
 *
 * @module
 */

import type { DaemonLine } from "../client/daemon_line.ts";
import { type CommandResult, runCommand } from "../client/run_command.ts";
import { freeTmuxName, readTmuxList, TMUX_OWNER, tmuxName, tmuxProblem, tmuxWord } from "../client/tmux.ts";
import type { Clock } from "../system/clock.ts";
import { RequestError } from "../system/request_error.ts";

/** For how long a list of panes is used again, in milliseconds. */
const FRESH_MS = 400;

/** A terminal. */
export interface Pane {
  /** tmux's own id of it. */
  readonly id: string;
  /** Whose it is; "" if it is none of ours. */
  readonly owner: string;
  /** The process in it. */
  readonly pid: number;
  /** Whether that has ended. */
  readonly isDead: boolean;
  /** Its exit code, if tmux knows. */
  readonly exitCode: number | undefined;
  /** The name of its session. */
  readonly session: string;
}

/** A terminal to open. */
export interface NewPane {
  /** Whose it is. */
  readonly owner: string;
  /** What the name of its session should be. */
  readonly name: string;
  /** The program and its arguments; no shell sees them. */
  readonly words: readonly string[];
  /** The directory. */
  readonly cwd: string;
}

/** See the module comment. */
export class Tmux {
  readonly #line: DaemonLine;
  readonly #socket: string;
  readonly #clock: Clock;
  #known: { readonly at: number; readonly panes: Promise<readonly Pane[]> } | undefined;

  /** @param socket The socket of the tmux server. */
  constructor(line: DaemonLine, socket: string, clock: Clock) {
    this.#line = line;
    this.#socket = socket;
    this.#clock = clock;
  }

  /**
   * Checks that there is a tmux.
   *
   * @throws {RequestError} If there is none.
   */
  async check(): Promise<void> {
    const cause = await tmuxProblem(this.#line);
    if (cause === undefined) return;
    throw new RequestError("conflict", `the mode pty needs tmux, which is missing: ${cause.message}`, { cause });
  }

  /** Returns the terminals; none if no server runs. Many who ask at the same time ask tmux once. */
  async panes(isFresh = false): Promise<readonly Pane[]> {
    const now = this.#clock.elapsed();
    if (isFresh || this.#known === undefined || now - this.#known.at > FRESH_MS) {
      this.#known = { at: now, panes: this.#list() };
    }
    return await this.#known.panes;
  }

  /**
   * Opens a terminal in a session of its own. Its screen stays when the program ends, to show why.
   *
   * @throws {RequestError} If tmux fails.
   */
  async open({ owner, name, words, cwd }: NewPane): Promise<Pane> {
    const taken = new Set((await this.panes(true)).map(({ session }) => session));
    const free = freeTmuxName(tmuxName(name), taken);
    const target = ["-t", `=${free}:`];
    const command = ["new-session", "-d", "-s", free, "-x", "200", "-y", "50", ...words];
    const { code, stderr } = await this.run([
      // Not with -c: tmux expands formats in the name of the directory.
      ...command.map(tmuxWord),
      ...[";", "set-option", "-w", ...target, "remain-on-exit", "on"],
      ...[";", "set-option", "-F", ...target, TMUX_OWNER, `${owner}/#{pane_id}`],
      ...[";", "set-option", ...target, "destroy-unattached", "off"],
    ], cwd);
    const pane = (await this.panes(true)).find((one) => one.owner === owner);
    if (pane !== undefined) return pane;
    const reason = code === 0 ? "the program ended at once" : new TextDecoder().decode(stderr).trim();
    throw new RequestError("unavailable", `tmux failed: ${reason}`);
  }

  /** Returns what is on the screen of a terminal, with lines that were wrapped joined again. */
  async screen(id: string): Promise<string> {
    return new TextDecoder().decode((await this.run(["capture-pane", "-p", "-J", "-t", id])).stdout);
  }

  /** Closes a terminal. */
  async close(id: string): Promise<void> {
    await this.run(["kill-pane", "-t", id]);
    this.#known = undefined;
  }

  /** Runs tmux. */
  async run(args: readonly string[], cwd?: string): Promise<CommandResult> {
    const client = await this.#line.soon();
    const words = ["-u", "-S", this.#socket, ...args];
    return await runCommand(client, { command: "tmux", args: words, ...(cwd === undefined ? {} : { cwd }) });
  }

  async #list(): Promise<readonly Pane[]> {
    const { lines, failure } = readTmuxList(await this.run(["list-panes", "-a", "-F", FORMAT]));
    if (lines === undefined) throw new RequestError("unavailable", failure);
    return lines.flatMap(parsePane);
  }
}

const FORMAT = [
  "#{pane_id}",
  "#{pane_pid}",
  "#{pane_dead}",
  "x#{pane_dead_status}",
  `x#{${TMUX_OWNER}}`,
  "#{session_name}",
]
  .join(" ");

function parsePane(line: string): Pane[] {
  const [id = "", pid, isDead, exitCode = "x", owner = "x", ...name] = line.split(" ");
  if (name.length === 0) return [];
  return [{
    id,
    // The option belongs to the session, in which a person may have split the window.
    owner: owner.endsWith(`/${id}`) ? owner.slice(1, -id.length - 1) : "",
    pid: Number(pid),
    isDead: isDead === "1",
    exitCode: exitCode === "x" ? undefined : Number(exitCode.slice(1)),
    session: name.join(" "),
  }];
}
