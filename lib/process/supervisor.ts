/**
 * The supervisor of processes; `mod.ts` has an example.
 *
 * @module
 */

import { type Clock, happensWithin, systemClock } from "../system/clock.ts";
import { SpawnError } from "./spawn_error.ts";
import { ExitedProcesses } from "./exited_processes.ts";
import { type Frame, type KillReason, rawFrameCodec } from "./frame_codec.ts";
import { ManagedProcess, type ProcessPast } from "./managed_process.ts";
import type { OutputLog } from "./output_log.ts";
import { ProcessTable } from "./process_table.ts";
import { readFrames } from "./read_frames.ts";
import { DEFAULT_REPLAY_BYTES } from "./replay_buffer.ts";
import { lostChild, type PipedChild, requireCommand, spawnChild, type SpawnSpec } from "./spawn_child.ts";
import { DEFAULT_STDIN_BYTES } from "./stdin_queue.ts";
import type { ReplaySupervisorOptions } from "./supervisor_options.ts";

/**
 * Starts processes and keeps their newest frames, also for some time after they have exited.
 *
 * Permissions: `read` to find a command and check its kind; `run` for all programs, because the supervisor kills whole
 * groups of processes; `env` for `PATH`, unless {@linkcode ReplaySupervisorOptions.path} is given. With `sys` for `uid`
 * and `gid`, it checks whether this user may execute a file; without it, any execute bit counts.
 */
export class ReplaySupervisor implements AsyncDisposable {
  readonly #processes = new ProcessTable();
  readonly #unfinished = new Set<ManagedProcess>();
  readonly #exited: ExitedProcesses;
  readonly #options: ReplaySupervisorOptions;
  readonly #clock: Clock;

  /** Creates a supervisor without processes. */
  constructor(options: ReplaySupervisorOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#exited = new ExitedProcesses({
      maxReplayBytes: options.exitedReplayBytes,
      retentionMs: options.retentionMs,
      clock: this.#clock,
      onExpired: (process) => this.#prune(process),
    });
  }

  /**
   * Starts a process. A process with the same id is killed with its group and forgotten, but only once the new one
   * runs; or it is left alone, see {@linkcode ReplaySupervisorOptions.reusedId}.
   *
   * @throws {SpawnError} If the process cannot be started.
   * @throws {Deno.errors.NotCapable} If the program lacks a permission to start it.
   */
  spawn(spec: SpawnSpec): ManagedProcess {
    this.sweep();
    const child = this.#start(spec);
    this.#processes.takeFormerId(spec.id);
    this.#makeWay(spec.id);
    const process = this.#manage(child, spec);
    this.#options.events?.onSpawn?.(process);
    return process;
  }

  /** Lets another process have an id that one has. */
  #makeWay(id: string): void {
    const old = this.#processes.current(id);
    if (old === undefined) return;
    if (this.#options.reusedId === "leave" && old.isRunning) {
      // Only those who follow it already know of it from now on.
      this.#processes.remove(old);
      return;
    }
    this.#forget(old);
    old.endGroup();
  }

  /**
   * Checks whether a process could be started, without starting it.
   *
   * @throws {SpawnError} If its command or its directory is missing.
   * @throws {Deno.errors.NotCapable} If the program lacks a permission to start it.
   */
  checkCommand(spec: SpawnSpec): void {
    this.#reportingErrors(spec, (path) => void requireCommand(spec, path));
  }

  /**
   * Adds a process that was lost together with its supervisor. It counts as exited: its exit frame has the code -1 and
   * says that the daemon ended the process.
   */
  addLost(spec: SpawnSpec, past: ProcessPast): ManagedProcess {
    return this.#manage(lostChild(past.pid), spec, past);
  }

  #manage(child: PipedChild, spec: SpawnSpec, past?: ProcessPast): ManagedProcess {
    const { codec, hidesSignals, events = {}, replayBytes, stdinBytes, stdinFull, pause } = this.#options;
    const process = new ManagedProcess(child, spec, {
      codec: codec?.(spec) ?? rawFrameCodec(),
      replayBytes: replayBytes ?? DEFAULT_REPLAY_BYTES,
      stdinBytes: stdinBytes ?? DEFAULT_STDIN_BYTES,
      stdinFull: stdinFull ?? "wait",
      hidesSignals: hidesSignals?.(spec) ?? false,
      clock: this.#clock,
      events,
      pause: pause ?? (() => undefined),
      start: () => this.#start(spec),
      past,
    });
    this.#processes.add(process);
    this.#unfinished.add(process);
    void process.exit.then(() => this.#noteExit(process));
    return process;
  }

  /** Returns the process with an id, or else the one that formerly had it; `undefined` if there is none. */
  get(id: string): ManagedProcess | undefined {
    return this.#processes.find(id);
  }

  /** Whether a process has an id now. */
  has(id: string): boolean {
    return this.#processes.current(id) !== undefined;
  }

  /**
   * Gives a process another id. It can be reached by the former one, too, until another process takes that.
   *
   * @throws {RangeError} If there is no such process, or another one has the new id.
   */
  rename(id: string, to: string): void {
    this.#processes.rename(id, to);
  }

  /**
   * Ends a process and starts it again in the same way, whatever its policy. One that runs goes on with the same
   * frames; one that has ended is replaced by a new one.
   *
   * @param graceMs How long it may take to obey SIGTERM before its group is killed, in milliseconds.
   * @param log The log of a new process; one that goes on keeps its own.
   * @throws {RangeError} If there is no such process.
   * @throws {ProcessEndedError} If someone else ends it before it is started.
   * @throws {SpawnError} If it cannot be started.
   */
  async restart(id: string, graceMs: number, log?: OutputLog): Promise<ManagedProcess> {
    const process = this.get(id);
    if (process === undefined) throw new RangeError(`Cannot restart process: no process has the id "${id}"`);
    if (!process.isRunning) return this.spawn({ ...process.spec, id: process.id, log });
    await process.restart(graceMs);
    return process;
  }

  /** Returns all processes, oldest first. */
  list(): ManagedProcess[] {
    return this.#processes.list();
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
    if (this.#options.codec !== undefined) {
      throw new TypeError("Cannot decode frames: the supervisor has its own codec");
    }
    const process = this.get(id);
    if (process === undefined) throw new RangeError(`Cannot follow process: no process has the id "${id}"`);
    yield* readFrames(process, id, options);
  }

  /** Returns the processes that have not ended, including those whose id another process has taken. */
  unfinished(): ManagedProcess[] {
    return [...this.#unfinished];
  }

  /** Forgets processes that ended longer than the retention time ago. */
  sweep(): void {
    this.#exited.sweep();
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
    this.#exited.close();
    for (const process of this.#unfinished) process.abandon();
    this.#processes.clear();
  }

  /** The total size of all replay buffers, in bytes. */
  get replayBytes(): number {
    let bytes = 0;
    for (const { replay } of this.#processes.list()) bytes += replay.bytes;
    return bytes;
  }

  /** The number of processes that have not ended, including replaced ones. */
  get running(): number {
    return this.#unfinished.size;
  }

  /** Stops the timer, kills all running processes and waits until they have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#exited.close();
    await this.killAll();
    this.#exited.close();
    this.#processes.clear();
  }

  #start(spec: SpawnSpec): PipedChild {
    return this.#reportingErrors(spec, (path) => spawnChild(spec, path, this.#options.maxDescriptors));
  }

  #reportingErrors<T>(spec: SpawnSpec, work: (path: string) => T): T {
    try {
      return work(this.#options.path ?? Deno.env.get("PATH") ?? "");
    } catch (error) {
      if (error instanceof SpawnError && error.wasTried) this.#options.events?.onSpawnError?.(spec, error);
      throw error;
    }
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
    this.#processes.remove(process);
  }

  #noteExit(process: ManagedProcess): void {
    this.#unfinished.delete(process);
    if (this.#processes.current(process.id) === process) this.#exited.add(process);
  }
}
