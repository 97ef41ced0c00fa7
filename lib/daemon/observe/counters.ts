/**
 * What the daemon counts (contract: Metrics).
 *
 * @module
 */

import type { SupervisorEvents } from "../../process/supervisor.ts";

/** The contract's counters; all only ever grow. */
export interface Counters {
  /** Connections accepted. */
  connections: number;
  /** Processes started. */
  spawns: number;
  /** Processes that ended. */
  exits: number;
  /** Reattaches that found their process. */
  reattaches: number;
  /** Raw bytes of output, each counted once. */
  streamBytes: number;
  /** Bytes of stdin that were new. */
  stdinBytes: number;
}

/** All at zero. */
export function newCounters(): Counters {
  return { connections: 0, spawns: 0, exits: 0, reattaches: 0, streamBytes: 0, stdinBytes: 0 };
}

/** Counts what happens to processes, and tells others. */
export function countingEvents(counters: Counters, others: SupervisorEvents): SupervisorEvents {
  return {
    ...others,
    onSpawn(process) {
      counters.spawns++;
      others.onSpawn?.(process);
    },
    onExit(process, exit) {
      counters.exits++;
      others.onExit?.(process, exit);
    },
    onOutput(process, bytes) {
      counters.streamBytes += bytes;
      others.onOutput?.(process, bytes);
    },
  };
}
