/**
 * One supervised process: its pipes, its replay buffer, its receivers and its exit
 * (contract: Process methods; Memory and fairness).
 *
 * @module
 */

import { type Clock, happensWithin } from "../system/clock.ts";
import type { FrameEncoder, KillReason, ProcessExit, StreamName } from "./frame_codec.ts";
import { OutputPump } from "./output_pump.ts";
import { ReplayBuffer } from "./replay_buffer.ts";
import { ProcessGroup } from "./process_group.ts";
import type { PipedChild, SpawnSpec } from "./spawn_child.ts";
import { StdinQueue } from "./stdin_queue.ts";
import { type DetachReason, Subscription } from "./subscription.ts";

/** How long to read the pipes after the child has exited, in milliseconds (contract: Process methods). */
const DRAIN_MS = 5_000;
/** How long to wait for a killed group to end, in milliseconds (contract: Process methods, `process.killAndWait`). */
const KILL_MS = 7_000;
/** The backlog of a receiver at which the process is paused, in bytes. */
const MAX_LAG_BYTES = 1 << 20;

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
  /** Called when the process has ended, just before its exit frame. */
  onExit?(process: ManagedProcess, exit: ProcessExit): void;
}

/** Options of a {@linkcode ManagedProcess}. */
export interface ManagedProcessOptions {
  /** Encodes the frames. */
  readonly codec: FrameEncoder;
  /** The size limit of the replay buffer, in bytes. */
  readonly replayBytes: number;
  /** The size limit of the stdin queue, in bytes. */
  readonly stdinBytes: number;
  /** The source of time. */
  readonly clock: Clock;
  /** Called when something happens to the process. */
  readonly events: ProcessEvents;
  /** Called between reads; returns a promise when the event loop should get a turn. */
  readonly pause: () => Promise<void> | undefined;
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
}

/** How a receiver follows a process. */
export interface FollowOptions {
  /** Frames up to this sequence number are skipped; 0 for all buffered frames. @default {0} */
  readonly fromSeq?: number;
  /** Whether to follow without pausing the process and without replacing its receiver. @default {false} */
  readonly observe?: boolean;
  /** Called whenever there may be frames to take. */
  readonly onReadable: () => void;
  /** Identifies the receiver: one that replaces itself is not notified. */
  readonly owner?: object;
  /**
   * Called once when the process ends the subscription, unless the receiver has taken the exit frame.
   *
   * @param reason Why the subscription ends.
   * @param lastSeq The sequence number of the last frame that the receiver took.
   */
  readonly onDetached?: (reason: DetachReason, lastSeq: number) => void;
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
  /** The id that the client chose. */
  readonly id: string;
  /** How the process was started. */
  readonly spec: SpawnSpec;
  /** The process id, which is also that of its group. */
  readonly pid: number;
  /** When the process was started, in seconds since the epoch. */
  readonly startTime: number;
  /** The newest frames. */
  readonly replay: ReplayBuffer;
  /** The bytes that wait for the process to read them. */
  readonly stdin: StdinQueue;
  /** How the process ended; settles when the exit frame is buffered and never rejects. */
  readonly exit: Promise<ProcessExit>;

  readonly #options: ManagedProcessOptions;
  readonly #maxLag: number;
  readonly #detach: () => void;
  /** Absent for a lost process: another process may have its id by now. */
  readonly #group: ProcessGroup | undefined;
  readonly #observers = new Set<Subscription>();
  #receiver: Subscription | undefined;
  #receiverOwner: object | undefined;
  #gate: PromiseWithResolvers<void> | undefined;
  #isGateOpen = false;
  #killedBy: KillReason | undefined;
  #outcome: ProcessExit | undefined;
  #exitedAt = 0;
  #isRead = false;

  /** Takes over a child that has just been started. */
  constructor(child: PipedChild, spec: SpawnSpec, options: ManagedProcessOptions) {
    const { clock, events, replayBytes, stdinBytes, past } = options;
    this.id = spec.id;
    this.spec = spec;
    this.pid = child.pid;
    this.startTime = past?.startTime ?? clock.now() / 1000;
    if (past !== undefined) this.#killedBy = "daemon";
    this.#options = options;
    this.#group = past === undefined ? new ProcessGroup(child) : undefined;
    this.#maxLag = Math.min(MAX_LAG_BYTES, replayBytes / 2);
    this.replay = new ReplayBuffer(replayBytes, past?.lastSeq);
    this.stdin = new StdinQueue({
      sink: child.stdin,
      maxBytes: stdinBytes,
      applied: past?.stdinApplied ?? 0,
      onFull: () => events.onStdinFull?.(this),
      onWriteError: (error) => events.onStdinError?.(this, error),
    });
    const pumps = [this.#startPump("stdout", child.stdout), this.#startPump("stderr", child.stderr)];
    this.exit = this.#finish(child, pumps);
    this.#detach = () => {
      child.unref();
      for (const pump of pumps) void pump.close();
    };
  }

  /** Detaches from the process and leaves it running: closes its stdio and stops waiting for it. */
  abandon(): void {
    this.dropSubscribers();
    this.#openGate();
    void this.stdin.close();
    this.#detach();
  }

  /** Whether the exit frame has not been buffered yet. */
  get isRunning(): boolean {
    return this.#outcome === undefined;
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
    return this.#isRead;
  }

  /** Whether a receiver is attached; observers do not count. */
  get isAttached(): boolean {
    return this.#receiver !== undefined;
  }

  /** Subscribes to the frames. Without `observe`, the subscription replaces the present receiver. */
  follow({ fromSeq = 0, observe = false, onReadable, owner, onDetached }: FollowOptions): Subscription {
    const subscription = new Subscription(this.replay, {
      afterSeq: fromSeq,
      onReadable,
      onProgress: () => {
        this.#noteRead(subscription);
        this.#noteProgress();
      },
      onClose: (reason) => {
        this.#forget(subscription);
        if (reason !== undefined && !subscription.hasTakenAll) onDetached?.(reason, subscription.lastSeq);
      },
    });
    if (observe) {
      this.#observers.add(subscription);
    } else {
      const isSameOwner = owner !== undefined && this.#receiverOwner === owner;
      this.#receiver?.close(isSameOwner ? undefined : "taken");
      [this.#receiver, this.#receiverOwner] = [subscription, owner];
    }
    if (!this.isRunning) this.#complete(subscription);
    return subscription;
  }

  /** Ends all subscriptions. New frames are only buffered until a receiver follows again. */
  dropSubscribers(): void {
    for (const subscription of this.#subscriptions()) subscription.close("gone");
  }

  /**
   * Sends a signal: SIGKILL to the whole group, any other to the child alone. Does nothing once the child is
   * reaped.
   */
  signal(signal: Deno.Signal, killer: KillReason = "client"): void {
    if (this.#group === undefined || this.#group.isReaped) return;
    this.#killedBy ??= killer;
    if (signal === "SIGKILL") this.#group.signal(signal);
    else this.#group.signalLeader(signal);
  }

  /**
   * Sends a signal to the whole group. It works as long as {@linkcode ManagedProcess.isRunning}, even if the child is
   * reaped and only its descendants hold its pipes.
   */
  signalGroup(signal: Deno.Signal, killer: KillReason = "client"): void {
    if (this.#group === undefined || !this.isRunning) return;
    if (!this.#group.isReaped) this.#killedBy ??= killer;
    this.#group.signal(signal);
  }

  /** Kills the whole group as long as {@linkcode ManagedProcess.isRunning}. */
  endGroup(killer: KillReason = "client"): void {
    this.signalGroup("SIGKILL", killer);
  }

  /** Kills the processes that remain in the group after the process has ended. */
  endRemains(): void {
    if (!this.isRunning) this.#group?.signal("SIGKILL");
  }

  /**
   * Sends a signal and waits for the exit frame.
   *
   * @param signal The first signal.
   * @param graceMs How long to wait for the process to end, in milliseconds.
   * @param escalate Whether to kill the group afterwards: a process that did not end in time, and descendants that
   * remain of one that did.
   * @param isGroup Whether to send the first signal to the whole group as well.
   */
  async killAndWait(
    signal: Deno.Signal,
    graceMs: number,
    escalate: boolean,
    isGroup: boolean = false,
  ): Promise<KillOutcome> {
    const { clock } = this.#options;
    if (isGroup) this.signalGroup(signal);
    else this.signal(signal);
    const died = await happensWithin(this.exit, graceMs, clock);
    if (died && escalate) this.endRemains();
    if (died || !escalate) return { died, escalated: false };
    this.endGroup();
    return { died: await happensWithin(this.exit, KILL_MS, clock), escalated: true };
  }

  #startPump(stream: StreamName, source: ReadableStream<Uint8Array>): OutputPump {
    const { codec, events, pause } = this.#options;
    events.onStreaming?.(this, stream);
    return new OutputPump({
      source,
      gate: () => this.#waitForReceiver(),
      pause,
      onData: (data) => {
        events.onOutput?.(this, data.length);
        const seq = this.replay.lastSeq + 1;
        this.replay.append(
          codec.maxDataSize(data.length),
          (target) => codec.encodeData(target, stream, seq, data),
        );
        this.#notify();
      },
      onError: (error) => events.onReadError?.(this, stream, error),
    });
  }

  #notify(): void {
    this.#receiver?.notify();
    if (this.#observers.size > 0) { for (const observer of this.#observers) observer.notify(); }
  }

  *#subscriptions(): Generator<Subscription> {
    if (this.#receiver !== undefined) yield this.#receiver;
    yield* this.#observers;
  }

  /** Only the receiver pauses the process; observers skip frames when they fall behind. */
  #waitForReceiver(): Promise<void> | undefined {
    if (this.#isGateOpen || !this.#isReceiverBehind(this.#maxLag)) return undefined;
    this.#gate ??= Promise.withResolvers();
    return this.#gate.promise;
  }

  #isReceiverBehind(bytes: number): boolean {
    return this.#receiver !== undefined && this.#receiver.lag > bytes;
  }

  #noteProgress(): void {
    if (this.#gate === undefined || this.#isReceiverBehind(this.#maxLag / 2)) return;
    this.#gate.resolve();
    this.#gate = undefined;
  }

  #forget(subscription: Subscription): void {
    this.#observers.delete(subscription);
    if (this.#receiver === subscription) this.#receiver = this.#receiverOwner = undefined;
    this.#noteProgress();
  }

  #openGate(): void {
    this.#isGateOpen = true;
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  async #finish(child: PipedChild, pumps: OutputPump[]): Promise<ProcessExit> {
    const exit = await this.#reap(child);
    const drained = Promise.all(pumps.map((pump) => pump.finished));
    if (!await happensWithin(drained, DRAIN_MS, this.#options.clock)) {
      this.#openGate();
      await Promise.all(pumps.map((pump) => pump.takeRest()));
    }
    this.#options.events.onExit?.(this, exit);
    this.#outcome = exit;
    this.#exitedAt = this.#options.clock.elapsed();
    void this.stdin.close();
    this.#appendExit(exit);
    return exit;
  }

  async #reap(child: PipedChild): Promise<ProcessExit> {
    const end = await statusOf(child);
    return this.#killedBy === undefined ? end : { ...end, killedBy: this.#killedBy };
  }

  #appendExit(exit: ProcessExit): void {
    const frame = this.#options.codec.encodeExit(this.replay.lastSeq + 1, exit);
    this.replay.append(frame.length, (target) => {
      target.set(frame);
      return frame.length;
    });
    this.replay.seal();
    for (const subscription of this.#subscriptions()) this.#complete(subscription);
  }

  #complete(subscription: Subscription): void {
    subscription.complete();
    this.#noteRead(subscription);
  }

  #noteRead(subscription: Subscription): void {
    if (!this.isRunning && subscription.hasAll) this.#isRead = true;
  }
}

async function statusOf(child: PipedChild): Promise<ProcessExit> {
  try {
    const { code, signal } = await child.status;
    return signal === null ? { code } : { code: -1, signal };
  } catch (error) {
    // The runtime has no names for real-time signals and throws an error with their number.
    const number = error instanceof TypeError ? /^Invalid signal: (\d+)$/.exec(error.message)?.[1] : undefined;
    if (number === undefined) throw error;
    return { code: -1, signal: `SIG${number}` };
  }
}
