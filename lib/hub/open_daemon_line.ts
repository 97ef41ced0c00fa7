/**
 * The connection to the daemon, for all that the hub itself runs there.
 *
 * @module
 */

import { connect } from "../client/connect.ts";
import { DaemonLine } from "../client/daemon_line.ts";
import { DialError } from "../client/dial.ts";
import type { ClaustrumError } from "../system/claustrum_error.ts";
import type { Clock } from "../system/clock.ts";
import { errnoText } from "../system/errno.ts";
import { type Logger, silentLogger } from "../system/log.ts";

/** How long a daemon may be out of reach before a client of it gives up, in milliseconds. */
const GIVE_UP_MS = 3_000;

/**
 * Connects to the daemon, for all that the hub itself runs there.
 *
 * @param onUp Called with each new connection.
 * @param onError Called with unexpected errors.
 * @param log Is told when the daemon cannot be reached, and when it can. @default {nobody is told}
 */
export function daemonLine(
  socket: string,
  clock: Clock,
  onUp: () => void,
  onError: (error: unknown) => void,
  log: Logger = silentLogger,
): DaemonLine {
  return new DaemonLine({
    connect: (signal) => connect({ socket, signal, giveUpMs: GIVE_UP_MS }),
    clock,
    onUp: () => {
      log.info(`[daemon] connected to ${socket}`);
      onUp();
    },
    onGone: () => {},
    onProblem: (problem) => log.error(`[daemon] ${describe(problem, socket)}`),
    onError,
  });
}

function describe(problem: ClaustrumError, socket: string): string {
  if (!(problem instanceof DialError)) return `it cannot be used: ${problem.message}: claustrum doctor says more`;
  return `none can be reached on ${socket}: ${errnoText(problem.cause)}: start one with claustrum hub start`;
}
