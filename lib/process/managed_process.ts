/**
 * One supervised process: its pipes, its replay buffer, its receivers and its exit
 * (contract: Process methods; Memory and fairness).
 *
 * @module
 */

import { type Clock, happensWithin } from "../system/clock.ts";
import type { FrameEncoder, KillReason, ProcessExit, StreamName } from "./frame_codec.ts";
import type { LogPlace } from "./output_log.ts";
import type { OutputPumpOptions } from "./output_pump.ts";
import { ProcessRun } from "./process_run.ts";
import { type FollowOptions, Receivers } from "./receivers.ts";
import { ReplayBuffer } from "./replay_buffer.ts";
import { ProcessEndedError, Restarter } from "./restarter.ts";
import type { PipedChild, SpawnSpec } from "./spawn_child.ts";
import { StdinQueue } from "./stdin_queue.ts";
import type { Subscription } from "./subscription.ts";

/** How long to wait for a killed group to end, in milliseconds (contract: Process methods, `process.killAndWait`). */
const KILL_MS = 7_000;
/** How many former ids of its own a process that is started again and again remembers. */
const MAX_PIDS = 64;

/** Callbacks for the events of a process; all are optional. */
export interface ProcessEvents {
  /** Called when reading of a stream begins. */
  onStreaming?(process: ManagedProcess, stream: StreamName): void;
  /** Called when output arrives, with its size in bytes. */
  onOutput?(process: ManagedProcess, bytes: number): void;
  /** Called when reading a stream fails. */
  onReadError?(process: ManagedProcess, stream: StreamName, error: unknown): void;
  /** Called the first time that a write to stdin has to wait. */
  onStdinFull?(process: ManagedProcess): void;
  /** Called when writing to stdin fails. */
  onStdinError?(process: ManagedProcess, error: unknown): void;
  /** Called when the process has ended, just before its exit frame, or before it is started again. */
  onExit?(process: ManagedProcess, exit: ProcessExit): void;
  /** Called when the process has been started again. */
  onRestart?(process: ManagedProcess): void;
}

/** Options of a {@linkcode ManagedProcess}. */
export interface ManagedProcessOptions {
  /** Encodes the frames. */
  readonly codec: FrameEncoder;
  /** The size limit of the replay buffer, in bytes. */
  readonly replayBytes: number;
  /** The size limit of the stdin queue, in bytes. */
  readonly stdinBytes: number;
  /** What happens to a write to stdin that does not fit into the queue. */
  readonly stdinFull: "wait" | "refuse";
  /** Whether the program exits with 0 after SIGINT or SIGTERM has ended it. */
  readonly hidesSignals: boolean;
  /** The source of time. */
  readonly clock: Clock;
  /** Called when something happens to the process. */
  readonly events: ProcessEvents;
  /** Called between reads; returns a promise when the event loop should get a turn. */
  readonly pause: () => Promise<void> | undefined;
  /** Starts the program of the process again; throws if that fails. */
  readonly start: () => PipedChild;
  /** The facts of a process that was lost together with its supervisor. */
  readonly past?: ProcessPast | undefined;
}

/** Facts about a process that was lost together with its supervisor. */
export interface ProcessPast {
  /** The process id. */
  readonly pid: number;
  /** When the process was started, in seconds since the epoch. */
  readonly startTime: number;
  /** The sequence number of the last known frame. */
  readonly lastSeq: number;
  /** The number of bytes accepted for its stdin. */
  readonly stdinApplied: number;
  /** Its log, if it had one. */
  readonly log?: LogPlace | undefined;
}

/** The result of {@linkcode ManagedProcess.killAndWait}. */
export interface KillOutcome {
  /** Whether the process ended in time. */
  readonly died: boolean;
  /** Whether SIGKILL was sent after the first signal. */
  readonly escalated: boolean;
}

/** A process that a supervisor started: its frames, its stdin, its receivers and its exit. */
export class ManagedProcess {
  /** How the process was started. */
  readonly spec: SpawnSpec;
  /** The newest frames. */
  readonly replay: ReplayBuffer;
  /** Where its output goes in addition to its receivers; `undefined` if it has no log. */
  readonly log: LogPlace | undefined;
  /** How the process ended; settles when the exit frame is buffered and never rejects. */
  readonly exit: Promise<ProcessExit>;

  readonly #options: ManagedProcessOptions;
  readonly #restarter: Restarter;
  readonly #receivers: Receivers;
  /** The ids of its processes so far, newest last. */
  readonly #pids: number[] = [];
  #id: string;
  #run: ProcessRun;
  #killedBy: KillReason | undefined;
  #outcome: ProcessExit | undefined;
  #exitedAt = 0;

  /** Takes over a child that has just been started. */
  constructor(child: PipedChild, spec: SpawnSpec, options: ManagedProcessOptions) {
    const { codec, clock, replayBytes, past, start } = options;
    this.#id = spec.id;
    this.spec = spec;
    this.#options = options;
    this.replay = new ReplayBuffer(replayBytes, past?.lastSeq);
    this.#receivers = new Receivers({ id: spec.id, replay: this.replay, replayBytes, codec });
    this.#restarter = new Restarter({
      id: spec.id,
      policy: spec.restart,
      start: () => this.#takeOver(start()),
      clock,
    });
    this.#run = this.#begin(child, past?.stdinApplied ?? 0, past);
    if (past !== undefined) this.#killedBy = "daemon";
    this.log = spec.log ?? past?.log;
    this.exit = this.#live();
  }

  /** The id that the client chose. */
  get id(): string {
    return this.#id;
  }

  /** The process id, which is also that of its group; the last one while the process waits to be started again. */
  get pid(): number {
    return this.#run.pid;
  }

  /** When the process was last started, in seconds since the epoch. */
  get startTime(): number {
    return this.#run.startTime;
  }

  /** The bytes that wait for the process to read them. */
  get stdin(): StdinQueue {
    return this.#run.stdin;
  }

  /** How often the process was started again. */
  get restarts(): number {
    return this.#restarter.restarts;
  }

  /** When the process is started again, in milliseconds since the epoch; `undefined` unless it waits for that. */
  get restartAt(): number | undefined {
    return this.#restarter.restartAt;
  }

  /** Whether this is, or was before a restart, the id of its process. */
  hasHadPid(pid: number): boolean {
    return this.#pids.includes(pid);
  }

  /** Gives the process another id. Receivers still get its frames with the id by which they know it. */
  rename(id: string): void {
    this.#id = id;
    this.spec.log?.rename(id);
  }

  /** Detaches from the process and leaves it running: closes its stdio and stops waiting for it. */
  abandon(): void {
    this.#restarter.stop();
    this.dropSubscribers();
    this.#receivers.openGate();
    void this.stdin.close();
    this.#run.detach();
    this.spec.log?.close();
  }

  /** Whether the exit frame has not been buffered yet. */
  get isRunning(): boolean {
    return this.#outcome === undefined;
  }

  /**
   * Whether its program has ended, even if its output is not read to the end. A process that is started again after
   * that counts as running.
   */
  get isReaped(): boolean {
    if (!this.isRunning) return true;
    const willRun = this.spec.restart !== undefined || this.#restarter.isRestarting;
    return !willRun && this.#run.group?.isReaped === true;
  }

  /** How the process ended; `undefined` while it runs. */
  get outcome(): ProcessExit | undefined {
    return this.#outcome;
  }

  /** When the process ended, in milliseconds of {@linkcode Clock.elapsed}; 0 while it runs. */
  get exitedAt(): number {
    return this.#exitedAt;
  }

  /** Whether any subscriber has taken the exit frame. */
  get isRead(): boolean {
    return this.#receivers.isRead;
  }

  /** Settles when any subscriber has taken the exit frame. */
  get read(): Promise<void> {
    return this.#receivers.read;
  }

  /** Whether a receiver is attached; observers do not count. */
  get isAttached(): boolean {
    return this.#receivers.isAttached;
  }

  /** Subscribes to the frames. Without `observe`, the subscription replaces the present receiver. */
  follow(options: FollowOptions): Subscription {
    return this.#receivers.follow({ as: this.#id, ...options });
  }

  /**
   * Ends subscriptions. New frames are only buffered until a receiver follows again.
   *
   * @param as The id by which the receivers know the process; all of them if absent.
   */
  dropSubscribers(as?: string): void {
    this.#receivers.drop(as);
  }

  /**
   * Sends a signal: SIGKILL to the whole group, any other to the child alone. Does nothing once the child is
   * reaped. A process that ends then is not started again.
   */
  signal(signal: Deno.Signal, killer: KillReason = "client"): void {
    const { group } = this.#run;
    this.#restarter.noteSignal(signal);
    if (group === undefined || group.isReaped) return;
    this.#killedBy ??= killer;
    if (signal === "SIGKILL") group.signal(signal);
    else group.signalLeader(signal);
  }

  /**
   * Sends a signal to the whole group. It works as long as {@linkcode ManagedProcess.isRunning}, even if the child is
   * reaped and only its descendants hold its pipes. A process that ends then is not started again.
   */
  signalGroup(signal: Deno.Signal, killer: KillReason = "client"): void {
    this.#restarter.noteSignal(signal);
    this.#signalGroup(signal, killer);
  }

  #signalGroup(signal: Deno.Signal, killer: KillReason): void {
    const { group } = this.#run;
    if (group === undefined || !this.isRunning) return;
    if (!group.isReaped) this.#killedBy ??= killer;
    group.signal(signal);
  }

  /**
   * Ends the process and starts it again, whatever its policy; a process that waits to be started is started at once.
   * Its frames go on.
   *
   * @param graceMs How long it may take to obey SIGTERM before its group is killed, in milliseconds.
   * @throws {ProcessEndedError} If it has ended, or is ended by someone else before it is started.
   * @throws {SpawnError} If it cannot be started.
   */
  restart(graceMs: number): Promise<void> {
    if (!this.isRunning) throw new ProcessEndedError(this.#id);
    return this.#restarter.restart(graceMs, (signal) => this.#signalGroup(signal, "client"));
  }

  /** Kills the whole group as long as {@linkcode ManagedProcess.isRunning}. */
  endGroup(killer: KillReason = "client"): void {
    this.signalGroup("SIGKILL", killer);
  }

  /** Kills the processes that remain in the group after the process has ended. */
  endRemains(): void {
    if (!this.isRunning) this.#run.group?.signal("SIGKILL");
  }

  /**
   * Sends a signal and waits for the exit frame.
   *
   * @param signal The first signal.
   * @param graceMs How long to wait for the process to end, in milliseconds.
   * @param escalate Whether to kill the group afterwards: a process that did not end in time, and descendants that
   * remain of one that did.
   * @param isGroup Whether to send the first signal to the whole group as well.
   * @param sparesRemains Whether to spare the descendants of a process that did end in time.
   */
  async killAndWait(
    signal: Deno.Signal,
    graceMs: number,
    escalate: boolean,
    isGroup: boolean = false,
    sparesRemains: boolean = false,
  ): Promise<KillOutcome> {
    const { clock } = this.#options;
    if (isGroup) this.signalGroup(signal);
    else this.signal(signal);
    const died = await happensWithin(this.exit, graceMs, clock);
    if (died && escalate && !sparesRemains) this.endRemains();
    if (died || !escalate) return { died, escalated: false };
    this.endGroup();
    return { died: await happensWithin(this.exit, KILL_MS, clock), escalated: true };
  }

  /** Takes over a child that has just been started. */
  #begin(child: PipedChild, applied: number, past?: ProcessPast): ProcessRun {
    const { clock, events, stdinBytes, stdinFull, hidesSignals } = this.#options;
    this.#killedBy = undefined;
    this.#receivers.closeGate();
    if (this.#pids.push(child.pid) > MAX_PIDS) this.#pids.shift();
    this.spec.log?.noteStart(child.pid, clock.now());
    const stdin = new StdinQueue({
      sink: child.stdin,
      maxBytes: stdinBytes,
      whenFull: stdinFull,
      applied,
      onFull: () => events.onStdinFull?.(this),
      onWriteError: (error) => events.onStdinError?.(this, error),
    });
    return new ProcessRun(child, {
      stdin,
      startTime: past?.startTime ?? clock.now() / 1000,
      isLost: past !== undefined,
      hidesSignals,
      reading: (stream) => this.#reading(stream),
      clock,
    });
  }

  #reading(stream: StreamName): Omit<OutputPumpOptions, "source"> {
    const { codec, clock, events, pause } = this.#options;
    const { log } = this.spec;
    events.onStreaming?.(this, stream);
    return {
      gate: log === undefined ? () => this.#receivers.wait() : () => this.#receivers.wait() ?? log.wait(),
      pause,
      onData: (data) => {
        events.onOutput?.(this, data.length);
        const seq = this.replay.lastSeq + 1;
        const time = clock.now();
        this.replay.append(
          codec.maxDataSize(data.length),
          (target) => codec.encodeData(target, stream, seq, data),
          time,
        );
        log?.write(stream, seq, data, time);
        this.#receivers.notify();
      },
      onError: (error) => events.onReadError?.(this, stream, error),
    };
  }

  async #live(): Promise<ProcessExit> {
    for (;;) {
      const run = this.#run;
      const exit = await this.#endOf(run);
      const ranMs = this.#options.clock.elapsed() - run.startedAt;
      const starting = this.#restarter.startAgain(exit, ranMs);
      if (starting === false) return this.#end(exit);
      // Until it is started, the process takes what is written to its stdin, and drops it.
      if (this.#run === run) run.replaceStdin();
      if (!await starting) return this.#end(exit);
    }
  }

  /** Waits until the run has ended and its output is read. */
  async #endOf(run: ProcessRun): Promise<ProcessExit> {
    const end = await run.exited();
    const exit = this.#killedBy === undefined ? end : { ...end, killedBy: this.#killedBy };
    if (this.#restarter.isRestarting) run.group?.signal("SIGKILL");
    await run.drain(() => {
      this.#receivers.openGate();
      this.spec.log?.hurry();
    });
    this.spec.log?.noteExit(exit, this.#options.clock.now());
    this.#options.events.onExit?.(this, exit);
    return exit;
  }

  /** Takes over the next child. */
  #takeOver(child: PipedChild): void {
    const { applied, isEnding } = this.stdin;
    void this.stdin.close();
    this.#run = this.#begin(child, applied);
    if (isEnding) this.stdin.closeWhenWritten();
    this.#options.events.onRestart?.(this);
  }

  #end(exit: ProcessExit): ProcessExit {
    this.#outcome = exit;
    this.#exitedAt = this.#options.clock.elapsed();
    void this.stdin.close();
    this.#restarter.stop();
    this.#appendExit(exit);
    this.spec.log?.close();
    return exit;
  }

  #appendExit(exit: ProcessExit): void {
    const frame = this.#options.codec.encodeExit(this.replay.lastSeq + 1, exit);
    this.replay.append(frame.length, (target) => {
      target.set(frame);
      return frame.length;
    }, this.#options.clock.now());
    this.replay.seal();
    this.#receivers.complete();
  }
}
