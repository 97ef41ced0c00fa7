/**
 * The supervisor of processes; `mod.ts` has an example.
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
/** How often to check for exited processes to forget, in milliseconds (contract: Process methods). */
const SWEEP_MS = 60_000;
/** The limit on the total replay size of exited processes, in bytes (contract: Memory and fairness). */
const EXITED_REPLAY_BYTES = 256 << 20;

/** Options of a {@linkcode ReplaySupervisor}. */
export interface ReplaySupervisorOptions {
  /** The size limit of each replay buffer, in bytes. @default {16777216} */
  readonly replayBytes?: number;
  /** The size limit of each stdin queue, in bytes. @default {8388608} */
  readonly stdinBytes?: number;
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

/**
 * Starts processes and keeps their newest frames, also for some time after they have exited.
 *
 * Permissions: `read` to find a command and check its kind; `run` for all programs, because the supervisor kills whole
 * groups of processes; `env` for `PATH`, unless {@linkcode ReplaySupervisorOptions.path} is given. With `sys` for `uid`
 * and `gid`, it checks whether this user may execute a file; without it, any execute bit counts.
 */
export class ReplaySupervisor implements AsyncDisposable {
  readonly #processes = new Map<string, ManagedProcess>();
  /** Renamed processes by their former ids, as long as no other process takes these. */
  readonly #renamed = new Map<string, ManagedProcess>();
  readonly #unfinished = new Set<ManagedProcess>();
  /** The exited processes that are kept, in the order of their exits. */
  readonly #exited = new Set<ManagedProcess>();
  readonly #options: ReplaySupervisorOptions;
  readonly #clock: Clock;
  #cancelSweep: (() => void) | undefined;

  /** Creates a supervisor without processes. */
  constructor(options: ReplaySupervisorOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Starts a process. A process with the same id is killed with its group and forgotten, but only once the new one
   * runs.
   *
   * @throws {SpawnError} If the process cannot be started.
   * @throws {Deno.errors.NotCapable} If the program lacks a permission to start it.
   */
  spawn(spec: SpawnSpec): ManagedProcess {
    this.sweep();
    const child = this.#start(spec);
    this.#takeFormerId(spec.id);
    const old = this.#processes.get(spec.id);
    if (old !== undefined) this.#forget(old);
    old?.endGroup();
    const process = this.#manage(child, spec);
    this.#options.events?.onSpawn?.(process);
    return process;
  }

  /**
   * Adds a process that was lost together with its supervisor. It counts as exited: its exit frame has the code -1 and
   * says that the daemon ended the process.
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
      start: () => this.#start(spec),
      past,
    });
    this.#processes.set(spec.id, process);
    this.#unfinished.add(process);
    void process.exit.then(() => this.#noteExit(process));
    return process;
  }

  /** Returns the process with an id, or else the one that formerly had it; `undefined` if there is none. */
  get(id: string): ManagedProcess | undefined {
    return this.#processes.get(id) ?? this.#renamed.get(id);
  }

  /** Whether a process has an id now. */
  has(id: string): boolean {
    return this.#processes.has(id);
  }

  /**
   * Gives a process another id. It can be reached by the former one, too, until another process takes that.
   *
   * @throws {RangeError} If there is no such process, or another one has the new id.
   */
  rename(id: string, to: string): void {
    const process = this.get(id);
    if (process === undefined) throw new RangeError(`Cannot rename process: no process has the id "${id}"`);
    if (process.id === to) return;
    if (this.has(to)) throw new RangeError(`Cannot rename process: another one has the id "${to}"`);
    if (this.#renamed.get(to) !== process) this.#takeFormerId(to);
    this.#renamed.delete(to);
    this.#renamed.set(process.id, process);
    // The order of the map is that of the starts.
    const all = this.list();
    this.#processes.clear();
    process.rename(to);
    for (const each of all) this.#processes.set(each.id, each);
  }

  /**
   * Ends a process and starts it again in the same way, whatever its policy. One that runs goes on with the same
   * frames; one that has ended is replaced by a new one.
   *
   * @param graceMs How long it may take to obey SIGTERM before its group is killed, in milliseconds.
   * @throws {RangeError} If there is no such process.
   * @throws {ProcessEndedError} If someone else ends it before it is started.
   * @throws {SpawnError} If it cannot be started.
   */
  async restart(id: string, graceMs: number): Promise<ManagedProcess> {
    const process = this.get(id);
    if (process === undefined) throw new RangeError(`Cannot restart process: no process has the id "${id}"`);
    if (!process.isRunning) return this.spawn({ ...process.spec, id: process.id });
    await process.restart(graceMs);
    return process;
  }

  /** Returns all processes, oldest first. */
  list(): ManagedProcess[] {
    return [...this.#processes.values()];
  }

  /**
   * Yields the frames of a process: first the buffered ones, then new ones, up to the exit frame. If another receiver
   * takes the stream, the generator goes on as an observer.
   *
   * @param id The id of the process.
   * @param options `fromSeq`: skip frames up to this sequence number. `observe`: do not replace the present receiver and
   * do not pause the process. `signal`: stop early.
   * @throws {RangeError} If there is no such process, or it is forgotten in the meantime.
   * @throws {TypeError} If the supervisor has a custom codec.
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
    if (process === undefined) throw new RangeError(`Cannot follow process: no process has the id "${id}"`);
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

  /** Forgets processes that ended longer than the retention time ago. */
  sweep(): void {
    const oldest = this.#clock.elapsed() - (this.#options.retentionMs ?? RETENTION_MS);
    for (const process of this.#exited) {
      if (process.exitedAt > oldest) break;
      this.#prune(process);
    }
    this.#scheduleSweep();
  }

  /**
   * Forgets a process that has ended, and its frames, before its retention time is over.
   *
   * @returns Whether it is forgotten: `false` if no process has the id, or if it still runs.
   */
  forget(id: string): boolean {
    const process = this.get(id);
    if (process === undefined || process.isRunning) return false;
    this.#prune(process);
    return true;
  }

  /**
   * Kills the group of every running process and waits until all have ended.
   *
   * @param killer Who requested it.
   */
  async killAll(killer: KillReason = "shutdown"): Promise<void> {
    for (const process of this.#unfinished) process.endGroup(killer);
    await Promise.all([...this.#unfinished].map((process) => process.exit));
  }

  /**
   * Ends the group of every running process: SIGTERM first, then SIGKILL for those that remain.
   *
   * @param graceMs How long to wait after SIGTERM, in milliseconds.
   * @param killer Who requested it.
   */
  async endAll(graceMs: number, killer: KillReason = "shutdown"): Promise<void> {
    const ending = [...this.#unfinished];
    for (const process of ending) process.signalGroup("SIGTERM", killer);
    await happensWithin(Promise.all(ending.map((process) => process.exit)), graceMs, this.#clock);
    for (const process of ending) process.endRemains();
    await this.killAll(killer);
  }

  /**
   * Detaches from every running process and leaves it running: its stdio is closed, and its exit is no longer
   * observed.
   */
  abandonAll(): void {
    this.#cancelSweep?.();
    for (const process of this.#unfinished) process.abandon();
    this.#processes.clear();
    this.#renamed.clear();
  }

  /** The total size of all replay buffers, in bytes. */
  get replayBytes(): number {
    let bytes = 0;
    for (const { replay } of this.#processes.values()) bytes += replay.bytes;
    return bytes;
  }

  /** The number of processes that have not ended, including replaced ones. */
  get running(): number {
    return this.#unfinished.size;
  }

  /** Stops the timer, kills all running processes and waits until they have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelSweep?.();
    await this.killAll();
    this.#cancelSweep?.();
    this.#processes.clear();
    this.#renamed.clear();
  }

  #start(spec: SpawnSpec): PipedChild {
    const path = this.#options.path ?? Deno.env.get("PATH") ?? "";
    try {
      return spawnChild(spec, path, this.#options.maxDescriptors);
    } catch (error) {
      if (error instanceof SpawnError && error.wasTried) this.#options.events?.onSpawnError?.(spec, error);
      throw error;
    }
  }

  /** Lets another process have an id. Who still follows a renamed process by it gets no more frames. */
  #takeFormerId(id: string): void {
    this.#renamed.get(id)?.dropSubscribers(id);
    this.#renamed.delete(id);
  }

  #prune(process: ManagedProcess): void {
    this.#forget(process);
    this.#options.events?.onPrune?.(process);
  }

  #forget(process: ManagedProcess): void {
    process.dropSubscribers();
    if (process.isRunning) void process.exit.then(() => process.replay.free());
    else process.replay.free();
    this.#exited.delete(process);
    if (this.#processes.get(process.id) === process) this.#processes.delete(process.id);
    for (const [id, renamed] of this.#renamed) if (renamed === process) this.#renamed.delete(id);
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
