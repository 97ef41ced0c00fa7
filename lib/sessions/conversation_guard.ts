/**
 * Keeps a conversation to one process: the agent CLI lets two in, and silently loses turns.
 *
 * @module
 */

import { type RunningSession, runningSessions } from "../claude_home/running_sessions.ts";
import type { Client } from "../client/connect.ts";
import { RpcCallError } from "../client/errors.ts";
import { runCommand } from "../client/run_command.ts";
import type { Clock } from "../system/clock.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import { SessionError } from "./session_error.ts";
import type { SessionSettings } from "./settings.ts";

/** How long an agent that was lost with its daemon may go on before it is ended, in milliseconds. */
const LEFT_ALONE_MS = 10_000;
const POLL_MS = 200;

/** What a guard needs. */
export interface ConversationGuardOptions {
  /** The settings. */
  readonly settings: SessionSettings;
  /** The connection to the daemon, which can look at processes. */
  readonly line: DaemonLine;
  /** The source of time. */
  readonly clock: Clock;
}

/** See the module comment. */
export class ConversationGuard {
  readonly #options: ConversationGuardOptions;

  /** Creates a guard. */
  constructor(options: ConversationGuardOptions) {
    this.#options = options;
  }

  /**
   * Checks that no other program is in a conversation.
   *
   * @param own The pid of a former process of ours, which is waited for later.
   * @throws {SessionError} If one is.
   */
  async check(claudeSessionId: string, own?: number): Promise<void> {
    const other = (await this.#inConversation(claudeSessionId)).find(({ pid }) => pid !== own);
    if (other !== undefined) throw taken(other, claudeSessionId);
  }

  /**
   * Waits until nothing is in a conversation any more.
   *
   * @param own The pid of a former process of ours, which is ended if it stays too long.
   * @throws {SessionError} If something else is in it, or stays.
   */
  async waitUntilFree(claudeSessionId: string, own?: number): Promise<void> {
    const { clock, line } = this.#options;
    const end = clock.elapsed() + LEFT_ALONE_MS;
    for (let hasKilled = false;;) {
      const found = await this.#inConversation(claudeSessionId);
      if (found.length === 0) return;
      if (clock.elapsed() >= end && !hasKilled) {
        const other = found.find(({ pid }) => pid !== own);
        if (other !== undefined) throw taken(other, claudeSessionId);
        hasKilled = true;
        await runCommand(await line.soon(), { command: "kill", args: ["-TERM", String(own)] });
      }
      if (clock.elapsed() >= end + LEFT_ALONE_MS) {
        throw new SessionError(
          "conflict",
          `process ${found[0]!.pid} does not leave the conversation ${claudeSessionId}`,
        );
      }
      await new Promise<void>((resolve) => void clock.after(POLL_MS, resolve));
    }
  }

  async #inConversation(claudeSessionId: string): Promise<RunningSession[]> {
    const all = await runningSessions(this.#options.settings.home, () => true);
    const candidates = all.filter(({ sessionId }) => sessionId === claudeSessionId);
    if (candidates.length === 0) return [];
    const client = await this.#options.line.soon();
    const live = await Promise.all(candidates.map((one) => isRunning(client, one)));
    return candidates.filter((_, i) => live[i]);
  }
}

function taken({ pid }: RunningSession, claudeSessionId: string): SessionError {
  return new SessionError(
    "conflict",
    `process ${pid} is in the conversation ${claudeSessionId}: end it first, because two lose turns`,
  );
}

/** Where the start time stands in `/proc/PID/stat`, counted after the name of the program. */
const START_FIELD = 19;

/** Whether a process runs, and is the one that wrote the file and not another one of the same pid. */
export async function isRunning(
  client: Client,
  { pid, procStart }: Pick<RunningSession, "pid" | "procStart">,
): Promise<boolean> {
  try {
    const { code, stdout } = await runCommand(client, { command: "ps", args: ["-o", "stat=", "-p", String(pid)] });
    if (code !== 0 || new TextDecoder().decode(stdout).trim().startsWith("Z")) return false;
    if (procStart === undefined) return true;
    const stat = await runCommand(client, { command: "cat", args: [`/proc/${pid}/stat`] });
    if (stat.code !== 0) return true;
    const text = new TextDecoder().decode(stat.stdout);
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[START_FIELD] === String(procStart);
  } catch (error) {
    if (error instanceof RpcCallError) return true; // without ps this is unknown: better not to let two in
    throw error;
  }
}
