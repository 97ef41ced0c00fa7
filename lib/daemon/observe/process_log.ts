/**
 * The log lines of processes (contract: Log).
 *
 * @module
 */

import { errnoText } from "../../system/errno.ts";
import type { ProcessExit } from "../../process/frame_codec.ts";
import type { ManagedProcess } from "../../process/managed_process.ts";
import type { SupervisorEvents } from "../../process/supervisor_options.ts";
import type { Logger } from "../../system/log.ts";

/**
 * Returns events of a supervisor that write the log lines of processes.
 *
 * @param saysWhy Whether the line of an exit tells the signal that ended the process, and whether a client asked for it.
 */
export function processLog(log: Logger, saysWhy: boolean): SupervisorEvents {
  const manager = (text: string) => `[process.Manager] ${text}`;
  const onSpawn = ({ id, pid, spec }: ManagedProcess) =>
    log.info(manager(`Process ${id} started, PID=${pid}, command=${spec.command}`));
  return {
    onSpawn,
    onRestart: onSpawn,
    onSpawnError: ({ id }, error) => log.error(manager(`Failed to start process ${id}: ${error.message}`)),
    onStreaming: ({ id }, stream) => log.debug(manager(`Starting ${stream} streaming for process ${id}`)),
    onReadError: ({ id }, stream, error) =>
      log.warn(manager(`${stream} read error for process ${id}: ${errnoText(error)}`)),
    onStdinFull: ({ id }) => log.warn(manager(`stdin backpressure: queue full for ${id}`)),
    onStdinError: ({ id }, error) => log.warn(manager(`drainStdin ${id}: write error: ${errnoText(error)}`)),
    onExit: ({ id }, exit) =>
      log.info(manager(`Process ${id} exited with code ${exit.code}${saysWhy ? reasonOf(exit) : ""}`)),
    onPrune: ({ id }) => log.debug(manager(`Pruned exited process ${id}`)),
  };
}

function reasonOf({ signal, killedBy }: ProcessExit): string {
  const ended = signal === undefined ? "" : `, terminated by ${signal}`;
  return killedBy === "client" ? `${ended}, signalled at client request` : ended;
}
