/**
 * Starts and kills the processes of agents in the daemon.
 *
 * @module
 */

import { agentArguments, type AgentStart } from "../agent/arguments.ts";
import { agentCommand } from "../agent/environment.ts";
import type { Client } from "../client/connect.ts";
import { ConnectionLostError, RpcCallError } from "../client/errors.ts";
import { descendants } from "../client/process_tree.ts";
import { runCommand } from "../client/run_command.ts";
import { findTranscript } from "../claude_home/transcript.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import type { AgentProcess, SessionRecord } from "./record.ts";
import type { RunnerContext, SessionRunner } from "./session_runner.ts";
import type { SessionSettings } from "./settings.ts";
import { isLive } from "./state.ts";

/** Has the agent report its state in messages. */
const STATE_EVENTS = "CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS";

/** What a launcher needs. */
export interface LauncherOptions {
  /** The connection to the daemon. */
  readonly line: DaemonLine;
  /** The settings. */
  readonly settings: SessionSettings;
  /** The changes of all sessions. */
  readonly changes: RunnerContext["changes"];
  /** Called before a process is started: settles when the conversation is free. */
  readonly beforeLaunch: (runner: SessionRunner) => Promise<void>;
  /** Called with unexpected errors. */
  readonly onError: (error: unknown) => void;
}

/** What the daemon starts. */
interface SpawnParams {
  readonly id: string;
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
  readonly cwd: string;
  readonly wantPid: true;
  readonly exitDetail: true;
}

/** Why a session ends whose process the daemon does not have. */
const UNKNOWN = "the daemon does not know the agent's process any more";

/** Starts and kills agents. */
export class Launcher {
  readonly #options: LauncherOptions;
  readonly #launching = new Set<SessionRunner>();

  /** Creates a launcher; nothing is started. */
  constructor(options: LauncherOptions) {
    this.#options = options;
  }

  /** Whether the process of a session is being started. */
  isLaunching(runner: SessionRunner): boolean {
    return this.#launching.has(runner);
  }

  /** Starts the process of a session, and reads its output from then on. */
  async launch(runner: SessionRunner): Promise<void> {
    await this.#while(runner, () => this.#launch(runner));
  }

  /** Starts another process instead of one of which is not known whether it was started. */
  async relaunch(runner: SessionRunner): Promise<void> {
    if (this.#launching.has(runner)) return;
    await this.#while(runner, () => this.#relaunch(runner));
  }

  async #while(runner: SessionRunner, work: () => Promise<void>): Promise<void> {
    this.#launching.add(runner);
    try {
      await work();
    } finally {
      this.#launching.delete(runner);
    }
  }

  async #launch(runner: SessionRunner): Promise<void> {
    const process = runner.record.process;
    if (process === null) return;
    await this.#orFail(runner, process.id, async () => {
      await this.#prepare(runner, process.id);
      const spawn = await this.#spawnParams(runner.record);
      await this.#start(runner, process.id, spawn);
    });
  }

  /** Settles when the conversation is free, or when the process is not wanted any more. */
  async #prepare(runner: SessionRunner, processId: string): Promise<void> {
    const isOver = () => !isWanted(runner, processId) || runner.record.process?.isStarted === true;
    await Promise.race([this.#options.beforeLaunch(runner), runner.until(isOver)]);
  }

  /** Waits for the daemon; returns `undefined` when the process is not wanted any more. */
  async #ready(runner: SessionRunner, processId: string): Promise<Client | undefined> {
    const { line } = this.#options;
    if (line.isUp) return line.now();
    const isOver = () => !isWanted(runner, processId);
    const client = line.ready();
    await Promise.race([client, runner.until(() => isOver() || line.isUp)]);
    return isOver() ? undefined : await client;
  }

  async #start(runner: SessionRunner, processId: string, spawn: SpawnParams): Promise<void> {
    const { changes, line } = this.#options;
    for (;;) {
      if (!isWanted(runner, processId)) return await this.#giveUp(runner, processId, "the session was ended");
      const client = await this.#ready(runner, processId);
      if (client === undefined) continue;
      try {
        const { pid, startTime } = await client.call("process.spawn", spawn);
        if (!isCurrent(runner, processId)) return await this.#killOrphan(client, processId);
        await changes.persist(() =>
          runner.setProcess({
            isStarted: true,
            ...(pid === undefined ? {} : { pid }),
            ...(startTime === undefined ? {} : { startTime }),
          })
        );
        return runner.connect(0);
      } catch (error) {
        const isInDoubt = error instanceof ConnectionLostError;
        if (!line.noteFailure(client, error) && !isInDoubt) throw error;
        return await this.#relaunch(runner);
      }
    }
  }

  async #relaunch(runner: SessionRunner): Promise<void> {
    const { changes } = this.#options;
    const doubtful = runner.record.process?.id;
    if (doubtful === undefined) return;
    await this.#orFail(runner, doubtful, async () => {
      const client = await this.#ready(runner, doubtful);
      if (client !== undefined) await this.#killOrphan(client, doubtful);
      if (!isWanted(runner, doubtful)) return await this.#giveUp(runner, doubtful, "the session was ended");
      await changes.persist(() => runner.beginProcess());
      await this.#launch(runner);
    });
  }

  /** Does a part of a launch; whatever fails in it, the session does not wait for its agent any more. */
  async #orFail(runner: SessionRunner, processId: string, work: () => Promise<void>): Promise<void> {
    const { line, onError } = this.#options;
    try {
      await work();
    } catch (error) {
      if (line.signal.aborted) return;
      if (!(error instanceof ClaustrumError)) onError(error);
      const reason = error instanceof Error ? error.message : String(error);
      await this.#giveUp(runner, processId, `the agent could not be started: ${reason}`);
      if (line.isUp && !(error instanceof RpcCallError)) await this.#killOrphan(line.now(), processId);
    }
  }

  /** Ends a session for which no process is started. */
  async #giveUp(runner: SessionRunner, processId: string, reason: string): Promise<void> {
    await this.#options.changes.persist(() => {
      if (!isCurrent(runner, processId)) return;
      runner.noteEnd({ reason });
      runner.apply({ type: "start_failed", reason });
    });
  }

  /** Kills the agent and all its descendants; its shell tools run in sessions of their own. */
  async kill(runner: SessionRunner): Promise<void> {
    const { line } = this.#options;
    const process = runner.record.process;
    if (process === null) return;
    while (!line.signal.aborted) {
      const client = await line.ready();
      try {
        if (await this.#kill(client, process)) return;
        // A launch sees by itself that the session is to end.
        if (!this.isLaunching(runner) && runner.record.process?.id === process.id) runner.lose(UNKNOWN);
        return;
      } catch (error) {
        if (!line.noteFailure(client, error) && !(error instanceof ConnectionLostError)) throw error;
      }
    }
  }

  /** Kills a process; returns whether the daemon knows it, so that its end is going to be read. */
  async #kill(client: Client, { id, pid }: AgentProcess): Promise<boolean> {
    try {
      const pids = pid === undefined ? [] : await descendants(client, pid);
      await client.call("process.kill", { id, signal: "KILL" });
      if (pids.length > 0) await runCommand(client, { command: "kill", args: ["-KILL", ...pids.map(String)] });
      return true;
    } catch (error) {
      if (!(error instanceof RpcCallError)) throw error;
      const { processes } = await client.call("process.list", {});
      return processes.some((one) => one.id === id);
    }
  }

  /** Returns how the CLI is started in the conversation of a session. */
  async agentStart(record: SessionRecord): Promise<AgentStart> {
    const { settings } = this.#options;
    const { claudeSessionId, origin, permissionMode, chosenModel, claudeArgs } = record;
    const transcript = await findTranscript(settings.home, claudeSessionId);
    const conversation = transcript !== undefined || origin.kind === "resume"
      ? { resume: claudeSessionId }
      : origin.kind === "fork"
      ? { resume: origin.from, fork: true }
      : {};
    const model = chosenModel === null ? {} : { model: chosenModel };
    return { claudeSessionId, ...conversation, permissionMode, ...model, extra: claudeArgs };
  }

  /** Returns the program of an agent, with an environment of its own. */
  command(
    args: readonly string[],
  ): { readonly command: string; readonly args: string[]; readonly env: Record<string, string> } {
    const { agentBinary, agentEnv, agentPathAppend, home } = this.#options.settings;
    const env = { HOME: home, [STATE_EVENTS]: "1", ...agentEnv };
    const { command, args: wrapped } = agentCommand({
      program: agentBinary,
      args,
      keep: Object.keys(env),
      pathAppend: agentPathAppend,
    });
    return { command, args: wrapped, env };
  }

  async #spawnParams(record: SessionRecord): Promise<SpawnParams> {
    const { command, args, env } = this.command(agentArguments(await this.agentStart(record)));
    return { id: record.process!.id, command, args, env, cwd: record.path, wantPid: true, exitDetail: true };
  }

  async #killOrphan(client: Client, id: string): Promise<void> {
    try {
      await client.call("process.killAndWait", { id, signal: "KILL" });
    } catch (error) {
      if (!(error instanceof RpcCallError) && !this.#options.line.noteFailure(client, error)) throw error;
    }
  }
}

/** Whether a session waits for a process, or for its end. */
function isCurrent(runner: SessionRunner, processId: string): boolean {
  const { process, state } = runner.record;
  return process?.id === processId && isLive(state) && state.mode === "subprocess";
}

/** Whether a session still waits for a process to be started. */
function isWanted(runner: SessionRunner, processId: string): boolean {
  return isCurrent(runner, processId) && runner.record.state.ending === null;
}
