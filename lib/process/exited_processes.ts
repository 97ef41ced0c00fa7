/**
 * The processes that have exited and are kept for some time, with their frames.
 *
 * @module
 */

import type { Clock } from "../system/clock.ts";
import type { ManagedProcess } from "./managed_process.ts";

/** How long an exited process is kept, in milliseconds (contract: Process methods). */
export const RETENTION_MS: number = 15 * 60_000;
/** How often to check for exited processes to forget, in milliseconds (contract: Process methods). */
const SWEEP_MS = 60_000;
/** The limit on the total replay size of exited processes, in bytes (contract: Memory and fairness). */
const EXITED_REPLAY_BYTES = 256 << 20;

/** Options of {@linkcode ExitedProcesses}. */
export interface ExitedProcessesOptions {
  /** The limit on their total replay size, in bytes. @default {268435456} */
  readonly maxReplayBytes: number | undefined;
  /** How long each is kept, in milliseconds. @default {900000} */
  readonly retentionMs: number | undefined;
  /** The source of time. */
  readonly clock: Clock;
  /** Called with each that was kept for long enough; it has to delete it here. */
  readonly onExpired: (process: ManagedProcess) => void;
}

/** See the module comment. */
export class ExitedProcesses {
  readonly #options: ExitedProcessesOptions;
  /** In the order of their exits. */
  readonly #processes = new Set<ManagedProcess>();
  #cancelSweep: (() => void) | undefined;

  /** Keeps none yet. */
  constructor(options: ExitedProcessesOptions) {
    this.#options = options;
  }

  /** Keeps a process that has just exited; the oldest frames of all go if they are too many. */
  add(process: ManagedProcess): void {
    this.#processes.add(process);
    this.#trim();
    this.#scheduleSweep();
  }

  /** Keeps a process no longer. */
  delete(process: ManagedProcess): void {
    this.#processes.delete(process);
  }

  /** Passes on the processes that were kept for long enough. */
  sweep(): void {
    const { clock, retentionMs = RETENTION_MS, onExpired } = this.#options;
    const oldest = clock.elapsed() - retentionMs;
    for (const process of this.#processes) {
      if (process.exitedAt > oldest) break;
      onExpired(process);
    }
    this.#scheduleSweep();
  }

  /** Stops the timer. */
  close(): void {
    this.#cancelSweep?.();
  }

  #trim(): void {
    let excess = -(this.#options.maxReplayBytes ?? EXITED_REPLAY_BYTES);
    for (const { replay } of this.#processes) excess += replay.bytes;
    for (const { replay } of this.#processes) {
      while (excess > 0) {
        const dropped = replay.dropOldest();
        if (dropped === 0) break;
        excess -= dropped;
      }
      if (excess <= 0) return;
    }
  }

  #scheduleSweep(): void {
    if (this.#cancelSweep !== undefined || this.#processes.size === 0) return;
    this.#cancelSweep = this.#options.clock.after(SWEEP_MS, () => {
      this.#cancelSweep = undefined;
      this.sweep();
    });
  }
}
