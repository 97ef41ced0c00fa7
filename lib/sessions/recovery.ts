/**
 * Finds the agents again after a restart of the hub or of the daemon, and says which are lost.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import type { ProcessListEntry } from "../rpc/method_types.ts";
import type { Changes } from "./changes.ts";
import type { Launcher } from "./launcher.ts";
import { SessionError } from "./session_error.ts";
import type { SessionList } from "./session_list.ts";
import type { SessionRunner } from "./session_runner.ts";
import type { SessionSettings } from "./settings.ts";
import type { StartChecks } from "./start_checks.ts";
import { isLive } from "./state.ts";
import type { TerminalStreams } from "./terminal_streams.ts";
import type { Terminals } from "./terminals.ts";

/** Why a session ended whose process is gone. */
export const LOST = "the agent was lost with the daemon";
/** Why a session ended whose process is gone since its end was not seen. */
const FORGOTTEN = "the agent was lost with the daemon, or ended so long ago that the daemon has forgotten it";
/** How long to wait before sessions are looked for again, in milliseconds. */
const RECOVER_MS = 1_000;

/** What recovery works with. */
export interface RecoveryOptions {
  /** All sessions. */
  readonly sessions: SessionList;
  /** The settings. */
  readonly settings: SessionSettings;
  /** The connection to the daemon. */
  readonly line: DaemonLine;
  /** Changes of sessions. */
  readonly changes: Changes;
  /** Starts agents. */
  readonly launcher: Launcher;
  /** Terminals of sessions. */
  readonly terminals: Terminals;
  /** What is shown of terminals in a page. */
  readonly streams: TerminalStreams;
  /** What has to hold before a session goes on. */
  readonly checks: StartChecks;
  /** Waits for work that no caller waits for. */
  readonly track: (work: Promise<void>) => void;
  /** Called when something fails that no caller waits for. */
  readonly onError: (error: unknown) => void;
}

/** See the module comment. */
export class Recovery {
  readonly #sessions: SessionList;
  readonly #settings: SessionSettings;
  readonly #line: DaemonLine;
  readonly #changes: Changes;
  readonly #launcher: Launcher;
  readonly #terminals: Terminals;
  readonly #streams: TerminalStreams;
  readonly #checks: StartChecks;
  readonly #track: (work: Promise<void>) => void;
  readonly #onError: (error: unknown) => void;
  /** Whether all processes were found, or known to be lost, since the sessions were loaded. */
  #wasUp = false;

  /** Creates it; nothing happens before {@linkcode Recovery.recover}. */
  constructor(options: RecoveryOptions) {
    this.#sessions = options.sessions;
    this.#settings = options.settings;
    this.#line = options.line;
    this.#changes = options.changes;
    this.#launcher = options.launcher;
    this.#terminals = options.terminals;
    this.#streams = options.streams;
    this.#checks = options.checks;
    this.#track = options.track;
    this.#onError = options.onError;
  }

  /** Finds the processes of the sessions again; what fails is tried again while the connection lasts. */
  async recover(client: Client): Promise<void> {
    let hasReported = false;
    while (this.#line.isUp && this.#line.now() === client) {
      const failures = await this.#recoverAll(client);
      if (failures.length === 0) return void (this.#wasUp = true);
      if (failures.some((error) => this.#line.noteFailure(client, error))) return;
      if (!hasReported) this.#onError(failures[0]);
      hasReported = true;
      await this.#line.pause(RECOVER_MS);
    }
  }

  /** Returns what failed. */
  async #recoverAll(client: Client): Promise<unknown[]> {
    const failures: unknown[] = [];
    try {
      const { processes } = await client.call("process.list", {});
      const known = new Map(processes.map((one) => [one.id, one]));
      await this.#streams.endLeft(client, processes, new Set(this.#sessions.all().map(({ record }) => record.id)));
      for (const runner of this.#sessions.all()) {
        await this.#recoverOne(runner, known).catch((error) => failures.push(error));
      }
    } catch (error) {
      failures.push(error);
    }
    return failures;
  }

  async #recoverOne(runner: SessionRunner, known: ReadonlyMap<string, ProcessListEntry>): Promise<void> {
    const { state, process } = runner.record;
    if (!isLive(state) || runner.isConnected || this.#launcher.isLaunching(runner)) return;
    if (state.mode === "interactive" || state.ending?.step === "open_terminal") {
      return this.#track(this.#terminals.recover(runner));
    }
    if (process === null) return;
    const found = known.get(process.id);
    if (found === undefined) {
      if (!process.isStarted) return this.#track(this.#launcher.relaunch(runner));
      return runner.lose(this.#wasUp ? LOST : FORGOTTEN);
    }
    const { pid, startTime } = found;
    const isStill = () => runner.record.process?.id === process.id;
    await this.#changes.persist(() => isStill() ? runner.setProcess({ isStarted: true, pid, startTime }) : undefined);
    if (isStill()) runner.connect(found.stdinApplied);
  }

  /** Ends all sessions, since the daemon is gone with their agents. */
  loseAll(): void {
    for (const runner of this.#sessions.all()) {
      const isStarted = runner.record.process?.isStarted === true;
      runner.lose(isStarted ? LOST : "the daemon cannot be reached");
    }
  }

  /** Starts an agent again that was lost with the daemon, once there is one. */
  resumeLost(runner: SessionRunner): void {
    if (this.#settings.resumeLost) this.#track(this.#resumeWhenUp(runner));
  }

  async #resumeWhenUp(runner: SessionRunner): Promise<void> {
    await this.#line.ready();
    const isStillLost = () => runner.record.isLost === true && this.#sessions.has(runner.record.id);
    if (!isStillLost()) return;
    try {
      // Without a confirmation, this never leads back into a session that bypasses permissions.
      await this.#checks.checkResume(runner);
      if (isStillLost()) this.#checks.checkFree(runner);
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      if (error.kind === "unavailable") return await this.#resumeWhenUp(runner);
      const reason = `not resumed by itself: ${error.message}`;
      return await this.#changes.persist(() => {
        runner.set({ isLost: false });
        runner.note("status", "not_resumed", { reason });
      });
    }
    await this.#changes.persist(() => {
      if (isStillLost()) runner.apply({ type: "start" });
    });
  }
}
