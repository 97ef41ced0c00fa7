/**
 * The supervisor itself; see `mod.ts` of this folder.
 *
 * @module
 */

import { type Clock, happensWithin, systemClock } from "../system/clock.ts";
import { SpawnError } from "./spawn_error.ts";
import { decodeRawFrames, type Frame, type FrameEncoder, type KillReason, rawFrameCodec } from "./frame_codec.ts";
import { ManagedProcess, type ProcessEvents, type ProcessPast } from "./managed_process.ts";
import { DEFAULT_REPLAY_BYTES } from "./replay_buffer.ts";
import { lostChild, type PipedChild, spawnChild, type SpawnSpec } from "./spawn_child.ts";
import { DEFAULT_STDIN_BYTES } from "./stdin_queue.ts";
import type { DetachReason } from "./subscription.ts";

/** How long an exited process is kept, in milliseconds (contract: Process methods). */
export const RETENTION_MS: number = 15 * 60_000;
/** How often exited processes are looked through, in milliseconds (contract: Process methods). */
const SWEEP_MS = 60_000;
/** The cap on what all exited processes hold together, in bytes (contract: Memory and fairness). */
const EXITED_REPLAY_BYTES = 256 << 20;

/** How a supervisor works; everything has a default. */
export interface ReplaySupervisorOptions {
  /** The cap of each replay buffer, in bytes. @default {16777216} */
  readonly replayBytes?: number;
  /** The cap on what waits for each stdin, in bytes. @default {8388608} */
  readonly stdinBytes?: number;
  /** The cap on what the exited processes hold together, in bytes. @default {268435456} */
  readonly exitedReplayBytes?: number;
  /** How long an exited process is kept, in milliseconds. @default {900000} */
  readonly retentionMs?: number;
  /** The PATH that bare command names are looked up on. @default {the program's own} */
  readonly path?: string;
  /** How many descriptors a process may have open, where the system lets us say so. @default {as many as the program} */
  readonly maxDescriptors?: number | undefined;
  /** Makes the encoder of a process's frames; one of your own goes with {@linkcode ManagedProcess.follow}. */
  readonly codec?: (spec: SpawnSpec) => FrameEncoder;
  /** Who is told what happens. */
  readonly events?: SupervisorEvents;
  /** Called between reads; lets others have their turn. */
  readonly pause?: () => Promise<void> | undefined;
  /** The source of time. */
  readonly clock?: Clock;
}

/** What a supervisor tells of; all are optional. */
export interface SupervisorEvents extends ProcessEvents {
  /** A process was started. */
  onSpawn?(process: ManagedProcess): void;
  /** A process could not be started; not told of a bad working directory. */
  onSpawnError?(spec: SpawnSpec, error: SpawnError): void;
  /** An exited process is forgotten. */
  onPrune?(process: ManagedProcess): void;
}

/**
 * Starts processes, keeps what they print, feeds them and ends them; see the module.
 *
 * Permissions: `read`, to find a command and see what it is; `run` for all programs, for it ends whole groups of
 * processes; `env` for `PATH`, unless {@linkcode ReplaySupervisorOptions.path} is given. With `sys` for `uid` and `gid`
 * it knows whether this very user may execute a file; without it, any execute bit counts.
 */
export class ReplaySupervisor implements AsyncDisposable {
  readonly #processes = new Map<string, ManagedProcess>();
  readonly #unfinished = new Set<ManagedProcess>();
  /** Those that are kept, the longest exited first. */
  readonly #exited = new Set<ManagedProcess>();
  readonly #options: ReplaySupervisorOptions;
  readonly #clock: Clock;
  #cancelSweep: (() => void) | undefined;

  /** Starts nothing yet. */
  constructor(options: ReplaySupervisorOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Starts a process. One of the same id is killed with its group and forgotten, but only once
   * the new one runs.
   *
   * @throws {SpawnError} If it cannot be started.
   * @throws {Deno.errors.NotCapable} If the program lacks a permission for that.
   */
  spawn(spec: SpawnSpec): ManagedProcess {
    this.sweep();
    const child = this.#start(spec, this.#options.path ?? Deno.env.get("PATH") ?? "");
    const old = this.#processes.get(spec.id);
    if (old !== undefined) this.#forget(old);
    old?.endGroup();
    const process = this.#manage(child, spec);
    this.#options.events?.onSpawn?.(process);
    return process;
  }

  /**
   * Knows a process as ended that another supervisor had, and that is gone with it: its exit frame
   * has the code -1 and tells that the daemon ended it.
   */
  addLost(spec: SpawnSpec, past: ProcessPast): ManagedProcess {
    return this.#manage(lostChild(past.pid), spec, past);
  }

  #manage(child: PipedChild, spec: SpawnSpec, past?: ProcessPast): ManagedProcess {
    const { codec, events = {}, replayBytes, stdinBytes, pause } = this.#options;
    const process = new ManagedProcess(child, spec, {
      codec: codec?.(spec) ?? rawFrameCodec(),
      replayBytes: replayBytes ?? DEFAULT_REPLAY_BYTES,
      stdinBytes: stdinBytes ?? DEFAULT_STDIN_BYTES,
      clock: this.#clock,
      events,
      pause: pause ?? (() => undefined),
      past,
    });
    this.#processes.set(spec.id, process);
    this.#unfinished.add(process);
    void process.exit.then(() => this.#noteExit(process));
    return process;
  }

  /** The process of an id, running or still kept; `undefined` when there is none. */
  get(id: string): ManagedProcess | undefined {
    return this.#processes.get(id);
  }

  /** All processes, oldest first. */
  list(): ManagedProcess[] {
    return [...this.#processes.values()];
  }

  /**
   * Gives the frames of a process: those that are kept, then those to come, ending with the exit frame. When another
   * receiver takes the stream, it goes on as an observer.
   *
   * @param id Which process.
   * @param options `fromSeq`: frames up to this one are not wanted. `observe`: without taking the
   * stream from its receiver and without holding the process up. `signal` ends it early.
   * @throws {RangeError} If there is no such process, or it is forgotten meanwhile.
   * @throws {TypeError} If the supervisor was given a codec of its own.
   */
  async *frames(
    id: string,
    options: { readonly fromSeq?: number; readonly observe?: boolean; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<Frame> {
    const { signal, ...rest } = options;
    if (this.#options.codec !== undefined) {
      throw new TypeError("Cannot decode frames: the supervisor has its own codec");
    }
    const process = this.get(id);
    if (process === undefined) throw new RangeError(`Cannot follow process: there is no "${id}"`);
    const { fromSeq = 0, observe = false } = rest;
    let wake = Promise.withResolvers<void>();
    let lastSeq = fromSeq;
    let reason: DetachReason | undefined;
    const follow = (observe: boolean) =>
      process.follow({
        fromSeq: lastSeq,
        observe,
        onReadable: () => wake.resolve(),
        onDetached: (why) => reason = why,
      });
    let subscription = follow(observe);
    const stop = () => subscription.close();
    signal?.addEventListener("abort", stop);
    try {
      for (;;) {
        signal?.throwIfAborted();
        const bytes = subscription.take();
        if (bytes !== undefined) {
          const frames = [...decodeRawFrames(bytes)].filter(({ seq }) => seq > fromSeq);
          subscription.release();
          yield* frames;
          lastSeq = Math.max(lastSeq, frames.at(-1)?.seq ?? 0);
        } else if (reason === "taken") {
          reason = undefined;
          subscription = follow(true);
        } else if (reason === "gone") {
          throw new RangeError(`Cannot follow process: "${id}" was replaced, or ended too long ago`);
        } else if (subscription.isDone) {
          return;
        } else {
          await wake.promise;
          wake = Promise.withResolvers();
        }
      }
    } finally {
      subscription.close();
      signal?.removeEventListener("abort", stop);
    }
  }

  /** Forgets processes that ended longer ago than they are kept. */
  sweep(): void {
    const oldest = this.#clock.elapsed() - (this.#options.retentionMs ?? RETENTION_MS);
    for (const process of this.#exited) {
      if (process.exitedAt > oldest) break;
      this.#forget(process);
      this.#options.events?.onPrune?.(process);
    }
    this.#scheduleSweep();
  }

  /**
   * Kills every running group and waits until all have ended.
   *
   * @param killer Who asked for it.
   */
  async killAll(killer: KillReason = "shutdown"): Promise<void> {
    for (const process of this.#unfinished) process.endGroup(killer);
    await Promise.all([...this.#unfinished].map((process) => process.exit));
  }

  /**
   * Ends every running group, gently: SIGTERM first, then SIGKILL to all that is left.
   *
   * @param graceMs How long the processes may take to obey, in milliseconds.
   * @param killer Who asked for it.
   */
  async endAll(graceMs: number, killer: KillReason = "shutdown"): Promise<void> {
    const ending = [...this.#unfinished];
    for (const process of ending) process.signalGroup("SIGTERM", killer);
    await happensWithin(Promise.all(ending.map((process) => process.exit)), graceMs, this.#clock);
    for (const process of ending) process.endRemains();
    await this.killAll(killer);
  }

  /**
   * Leaves every running process alive and lets go of it: its stdio is closed, and what becomes of
   * it is not known any more.
   */
  abandonAll(): void {
    this.#cancelSweep?.();
    for (const process of this.#unfinished) process.abandon();
    this.#processes.clear();
  }

  /** Bytes in all replay buffers. */
  get replayBytes(): number {
    let bytes = 0;
    for (const { replay } of this.#processes.values()) bytes += replay.bytes;
    return bytes;
  }

  /** Processes that have not ended, replaced ones included. */
  get running(): number {
    return this.#unfinished.size;
  }

  /** Stops following the clock, kills what runs and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelSweep?.();
    await this.killAll();
    this.#cancelSweep?.();
    this.#processes.clear();
  }

  #start(spec: SpawnSpec, path: string): PipedChild {
    try {
      return spawnChild(spec, path, this.#options.maxDescriptors);
    } catch (error) {
      if (error instanceof SpawnError && error.wasTried) this.#options.events?.onSpawnError?.(spec, error);
      throw error;
    }
  }

  #forget(process: ManagedProcess): void {
    process.dropSubscribers();
    if (process.isRunning) void process.exit.then(() => process.replay.free());
    else process.replay.free();
    this.#exited.delete(process);
    if (this.#processes.get(process.id) === process) this.#processes.delete(process.id);
  }

  #noteExit(process: ManagedProcess): void {
    this.#unfinished.delete(process);
    if (this.#processes.get(process.id) !== process) return;
    this.#exited.add(process);
    this.#trimExited();
    this.#scheduleSweep();
  }

  #trimExited(): void {
    let excess = -(this.#options.exitedReplayBytes ?? EXITED_REPLAY_BYTES);
    for (const { replay } of this.#exited) excess += replay.bytes;
    for (const { replay } of this.#exited) {
      while (excess > 0) {
        const dropped = replay.dropOldest();
        if (dropped === 0) break;
        excess -= dropped;
      }
      if (excess <= 0) return;
    }
  }

  #scheduleSweep(): void {
    if (this.#cancelSweep !== undefined || this.#exited.size === 0) return;
    this.#cancelSweep = this.#clock.after(SWEEP_MS, () => {
      this.#cancelSweep = undefined;
      this.sweep();
    });
  }
}
