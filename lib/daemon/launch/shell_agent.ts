/**
 * Finding the SSH agent of the user's login shell, for processes that have none: a daemon that is started over SSH does
 * not see the agent that the user's own terminals have (contract: Process methods of next).
 *
 * @module
 */

import type { Clock } from "../../system/clock.ts";
import type { Logger } from "../../system/log.ts";
import { tryStat } from "../../system/try_stat.ts";
import { probeAgent } from "../socket_probe.ts";
import { loginVariable } from "./login_shell.ts";

/** The variable that names the socket of the agent. */
export const AGENT_VARIABLE = "SSH_AUTH_SOCK";
/** How long an answer is kept, in milliseconds: the agent may change, and asking takes up to four seconds. */
const KEEP_MS = 10 * 60_000;

/** Options of {@linkcode shellAgent}. */
export interface ShellAgentOptions {
  /** The value of `$SHELL`. */
  readonly shell: string | undefined;
  /** The log of the daemon. */
  readonly log: Logger;
  /** The source of time. */
  readonly clock: Clock;
  /** Whether an agent accepts connections on a socket. @default {that asks `ssh-add`} */
  readonly accepts?: (socket: string) => Promise<boolean>;
}

/** Returns the socket of the agent; `undefined` if there is none. Never rejects. */
export type ShellAgent = () => Promise<string | undefined>;

/** Returns a function that asks the login shell, and keeps the answer for ten minutes. */
export function shellAgent({ shell, log, clock, accepts = probeAgent }: ShellAgentOptions): ShellAgent {
  let answer: Promise<string | undefined> | undefined;
  let askedAt = 0;
  const ask = async () => {
    const socket = await loginVariable(AGENT_VARIABLE, { shell, log, clock });
    return socket !== undefined && await isSocket(socket) && await accepts(socket) ? socket : undefined;
  };
  return () => {
    if (answer === undefined || clock.elapsed() - askedAt >= KEEP_MS) {
      askedAt = clock.elapsed();
      answer = ask();
    }
    return answer;
  };
}

async function isSocket(path: string): Promise<boolean> {
  return path.startsWith("/") && (await tryStat(path))?.isSocket === true;
}
