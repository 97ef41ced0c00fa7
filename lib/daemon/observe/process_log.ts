/**
 * The log lines of processes (contract: Log).
 *
 * @module
 */

import { errnoText } from "../../system/errno.ts";
import type { ManagedProcess } from "../../process/managed_process.ts";
import type { SupervisorEvents } from "../../process/supervisor.ts";
import type { Logger } from "../../system/log.ts";

/** Returns events of a supervisor that write the log lines of processes. */
export function processLog(log: Logger): SupervisorEvents {
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
    onExit: ({ id }, { code }) => log.info(manager(`Process ${id} exited with code ${code}`)),
    onPrune: ({ id }) => log.debug(manager(`Pruned exited process ${id}`)),
  };
}
