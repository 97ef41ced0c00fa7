/**
 * What a supervisor of processes takes.
 *
 * @module
 */

import type { Clock } from "../system/clock.ts";
import type { FrameEncoder } from "./frame_codec.ts";
import type { ManagedProcess, ProcessEvents } from "./managed_process.ts";
import type { SpawnSpec } from "./spawn_child.ts";
import type { SpawnError } from "./spawn_error.ts";

/** Options of a `ReplaySupervisor`. */
export interface ReplaySupervisorOptions {
  /** The size limit of each replay buffer, in bytes. @default {16777216} */
  readonly replayBytes?: number;
  /** The size limit of each stdin queue, in bytes. @default {8388608} */
  readonly stdinBytes?: number;
  /** What happens to a write to stdin that does not fit into the queue. @default {"wait"} */
  readonly stdinFull?: "wait" | "refuse";
  /** What happens to a running process when another one is started with its id. @default {"kill"} */
  readonly reusedId?: "kill" | "leave";
  /** The limit on the total replay size of exited processes, in bytes. @default {268435456} */
  readonly exitedReplayBytes?: number;
  /** How long an exited process is kept, in milliseconds. @default {900000} */
  readonly retentionMs?: number;
  /** The PATH on which bare command names are looked up. @default {that of this program} */
  readonly path?: string;
  /** The limit on the open descriptors of a process, on systems that support it. @default {that of this program} */
  readonly maxDescriptors?: number | undefined;
  /**
   * Creates the encoder of a process's frames. Frames of a custom encoder are read through
   * {@linkcode ManagedProcess.follow}. @default {rawFrameCodec}
   */
  readonly codec?: (spec: SpawnSpec) => FrameEncoder;
  /**
   * Returns whether a process exits with 0 after SIGINT or SIGTERM has ended it, as the program that gives terminals
   * does. Its exit then says which signal it was sent.
   *
   * @default {no process does}
   */
  readonly hidesSignals?: (spec: SpawnSpec) => boolean;
  /** Called when something happens to a process. */
  readonly events?: SupervisorEvents;
  /** Called between reads; returns a promise when the event loop should get a turn. */
  readonly pause?: () => Promise<void> | undefined;
  /** The source of time. */
  readonly clock?: Clock;
}

/** Callbacks for the events of a supervisor and its processes; all are optional. */
export interface SupervisorEvents extends ProcessEvents {
  /** Called when a process was started. */
  onSpawn?(process: ManagedProcess): void;
  /** Called when a process could not be started, except for a bad working directory. */
  onSpawnError?(spec: SpawnSpec, error: SpawnError): void;
  /** Called when an exited process is forgotten. */
  onPrune?(process: ManagedProcess): void;
}
