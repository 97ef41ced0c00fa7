/**
 * Starts and kills the processes of agents in the daemon.
 *
 * @module
 */

import { agentArguments, type AgentStart } from "../agent/arguments.ts";
import { agentCommand } from "../agent/environment.ts";
import type { Client } from "../client/connect.ts";
import { ConnectionLostError, RpcCallError } from "../client/errors.ts";
import { runCommand } from "../client/run_command.ts";
import { findTranscript } from "../claude_home/transcript.ts";
import type { DaemonLine } from "./daemon_line.ts";
import type { SessionRecord } from "./record.ts";
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
}

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
    this.#launching.add(runner);
    try {
      await this.#launch(runner);
    } finally {
      this.#launching.delete(runner);
    }
  }

  async #launch(runner: SessionRunner): Promise<void> {
    const { changes, line } = this.#options;
    const process = runner.record.process;
    if (process === null) return;
    await this.#options.beforeLaunch(runner);
    const spawn = await this.#spawnParams(runner.record);
    for (;;) {
      if (!isWanted(runner, process.id)) return;
      const client = await line.ready();
      try {
        const { pid, startTime } = await client.call("process.spawn", spawn);
        if (runner.record.process?.id !== process.id) return await this.#killOrphan(client, process.id);
        await changes.persist(() =>
          runner.setProcess({
            isStarted: true,
            ...(pid === undefined ? {} : { pid }),
            ...(startTime === undefined ? {} : { startTime }),
          })
        );
        return runner.connect(0);
      } catch (error) {
        if (error instanceof RpcCallError) return await this.#fail(runner, process.id, error);
        const isInDoubt = error instanceof ConnectionLostError;
        if (!line.noteFailure(client, error) && !isInDoubt) throw error;
        return await this.#relaunch(runner);
      }
    }
  }

  /** Starts another process instead of one of which is not known whether it was started. */
  async relaunch(runner: SessionRunner): Promise<void> {
    if (this.#launching.has(runner)) return;
    this.#launching.add(runner);
    try {
      await this.#relaunch(runner);
    } finally {
      this.#launching.delete(runner);
    }
  }

  async #relaunch(runner: SessionRunner): Promise<void> {
    const { changes, line } = this.#options;
    const doubtful = runner.record.process?.id;
    if (doubtful === undefined) return;
    const client = await line.ready();
    await this.#killOrphan(client, doubtful);
    if (!isWanted(runner, doubtful)) return;
    await changes.persist(() => runner.beginProcess());
    await this.#launch(runner);
  }

  /** Kills the agent and all its descendants; its shell tools run in sessions of their own. */
  async kill(runner: SessionRunner): Promise<void> {
    const { line } = this.#options;
    const process = runner.record.process;
    if (process === null) return;
    while (!line.signal.aborted) {
      const client = await line.ready();
      try {
        const pids = process.pid === undefined ? [] : await descendants(client, process.pid);
        await client.call("process.kill", { id: process.id, signal: "KILL" });
        if (pids.length > 0) await runCommand(client, { command: "kill", args: ["-KILL", ...pids.map(String)] });
        return;
      } catch (error) {
        if (error instanceof RpcCallError) return; // it has ended
        if (!line.noteFailure(client, error) && !(error instanceof ConnectionLostError)) throw error;
      }
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

  async #spawnParams(record: SessionRecord) {
    const { command, args, env } = this.command(agentArguments(await this.agentStart(record)));
    return { id: record.process!.id, command, args, env, cwd: record.path, wantPid: true, exitDetail: true };
  }

  async #fail(runner: SessionRunner, processId: string, error: RpcCallError): Promise<void> {
    await this.#options.changes.persist(() => {
      if (!isWanted(runner, processId)) return;
      runner.noteEnd({ reason: `the agent could not be started: ${error.message}` });
      runner.apply({ type: "start_failed", reason: error.message });
    });
  }

  async #killOrphan(client: Client, id: string): Promise<void> {
    try {
      await client.call("process.killAndWait", { id, signal: "KILL" });
    } catch (error) {
      if (!(error instanceof RpcCallError) && !this.#options.line.noteFailure(client, error)) throw error;
    }
  }
}

/** Whether a session still waits for a process to be started. */
function isWanted(runner: SessionRunner, processId: string): boolean {
  const { process, state } = runner.record;
  return process?.id === processId && isLive(state) && state.mode === "subprocess";
}

/** Returns the pids of all processes below one; none where the system has no `ps`. */
export async function descendants(client: Client, root: number): Promise<number[]> {
  const stdout = await processTable(client);
  const children = new Map<number, number[]>();
  for (const line of new TextDecoder().decode(stdout).split("\n")) {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    if (pid === undefined || parent === undefined) continue;
    children.set(parent, [...children.get(parent) ?? [], pid]);
  }
  const found: number[] = [];
  for (const todo = [root]; todo.length > 0;) {
    for (const child of children.get(todo.pop()!) ?? []) {
      found.push(child);
      todo.push(child);
    }
  }
  return found;
}

async function processTable(client: Client): Promise<Uint8Array> {
  try {
    return (await runCommand(client, { command: "ps", args: ["-A", "-o", "pid=,ppid="] })).stdout;
  } catch (error) {
    if (error instanceof RpcCallError) return new Uint8Array(0);
    throw error;
  }
}
