/**
 * The counters of the daemon (contract: Metrics).
 *
 * @module
 */

import type { SupervisorEvents } from "../../process/supervisor_options.ts";

/** The counters of the contract. They never decrease. */
export interface Counters {
  /** Accepted connections. */
  connections: number;
  /** Started processes. */
  spawns: number;
  /** Processes that have ended. */
  exits: number;
  /** Calls of `process.reattach` that found their process. */
  reattaches: number;
  /** Bytes of process output; each is counted once, whatever the number of clients. */
  streamBytes: number;
  /** Bytes accepted for stdin; repeated bytes are not counted. */
  stdinBytes: number;
}

/** Returns counters of zero. */
export function newCounters(): Counters {
  return { connections: 0, spawns: 0, exits: 0, reattaches: 0, streamBytes: 0, stdinBytes: 0 };
}

/** Returns events of a supervisor that count, and then call the given events. */
export function countingEvents(counters: Counters, others: SupervisorEvents): SupervisorEvents {
  return {
    ...others,
    onSpawn(process) {
      counters.spawns++;
      others.onSpawn?.(process);
    },
    onRestart(process) {
      counters.spawns++;
      others.onRestart?.(process);
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
