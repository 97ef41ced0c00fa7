/**
 * One process under supervision: its pipes, its replay buffer, its receivers and its end
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

/** How long the pipes may outlive the child, in milliseconds (contract: Process methods). */
const DRAIN_MS = 5_000;
/** How long a killed group may take to be gone, in milliseconds (contract: Process methods, `process.killAndWait`). */
const KILL_MS = 7_000;
/** A receiver that is this far behind holds the process up, in bytes. */
const MAX_LAG_BYTES = 1 << 20;

/** What a supervisor tells of its processes; all are optional. */
export interface ProcessEvents {
  /** A stream is being read. */
  onStreaming?(process: ManagedProcess, stream: StreamName): void;
  /** Output arrived, in bytes. */
  onOutput?(process: ManagedProcess, bytes: number): void;
  /** Reading a stream failed. */
  onReadError?(process: ManagedProcess, stream: StreamName, error: unknown): void;
  /** A write to stdin has to wait, for the first time. */
  onStdinFull?(process: ManagedProcess): void;
  /** Writing to stdin failed. */
  onStdinError?(process: ManagedProcess, error: unknown): void;
  /** It ended; the exit frame is about to follow. */
  onExit?(process: ManagedProcess, exit: ProcessExit): void;
}

/** What a process is made with. */
export interface ManagedProcessOptions {
  /** Encodes its frames. */
  readonly codec: FrameEncoder;
  /** The cap of its replay buffer in bytes. */
  readonly replayBytes: number;
  /** The cap of its stdin queue in bytes. */
  readonly stdinBytes: number;
  /** The source of time. */
  readonly clock: Clock;
  /** Who is told. */
  readonly events: ProcessEvents;
  /** Lets others have their turn between reads. */
  readonly pause: () => Promise<void> | undefined;
  /** What is known of it from a supervisor that is gone with it. */
  readonly past?: ProcessPast | undefined;
}

/** A process that another supervisor had, and that is gone with it. */
export interface ProcessPast {
  /** The system's number. */
  readonly pid: number;
  /** Seconds since the epoch. */
  readonly startTime: number;
  /** The last frame that anybody has seen. */
  readonly lastSeq: number;
  /** Count of all bytes accepted for its stdin. */
  readonly stdinApplied: number;
}

/** How a receiver wants to follow. */
export interface FollowOptions {
  /** Frames up to this seq are not wanted; 0 for all that are held. */
  readonly fromSeq?: number;
  /** Follow without holding the process up and without taking it from its receiver. */
  readonly observe?: boolean;
  /** Called whenever there may be something to take. */
  readonly onReadable: () => void;
  /** Identifies the receiver: one that takes the stream from itself is not notified. */
  readonly owner?: object;
  /**
   * Called once when the process ends the subscription.
   *
   * @param reason Why it ends.
   * @param lastSeq The last frame that the receiver was given.
   */
  readonly onDetached?: (reason: DetachReason, lastSeq: number) => void;
}

/** What became of a process that was to end. */
export interface KillOutcome {
  /** Whether it is gone. */
  readonly died: boolean;
  /** Whether SIGKILL had to follow. */
  readonly escalated: boolean;
}

/** See the module. */
export class ManagedProcess {
  /** The name the client gave. */
  readonly id: string;
  /** What was started. */
  readonly spec: SpawnSpec;
  /** The system's number, also of its group. */
  readonly pid: number;
  /** Seconds since the epoch. */
  readonly startTime: number;
  /** Its newest frames. */
  readonly replay: ReplayBuffer;
  /** What it is to read. */
  readonly stdin: StdinQueue;
  /** How it ended; settles with the exit frame and never rejects. */
  readonly exit: Promise<ProcessExit>;

  readonly #options: ManagedProcessOptions;
  readonly #maxLag: number;
  readonly #letGo: () => void;
  /** Absent for a process that another supervisor had: its number may be anybody's. */
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

  /** Takes over a child that was just started. */
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
    this.#letGo = () => {
      child.unref();
      for (const pump of pumps) void pump.close();
    };
  }

  /** Leaves it alive and lets go of it: its stdio is closed, and it is waited for no more. */
  abandon(): void {
    this.dropSubscribers();
    this.#openGate();
    void this.stdin.close();
    this.#letGo();
  }

  /** Whether the exit frame is still to come. */
  get isRunning(): boolean {
    return this.#outcome === undefined;
  }

  /** How it ended; `undefined` while it runs. */
  get outcome(): ProcessExit | undefined {
    return this.#outcome;
  }

  /** When it ended, in milliseconds of {@linkcode Clock.elapsed}; 0 while it runs. */
  get exitedAt(): number {
    return this.#exitedAt;
  }

  /** Whether somebody who followed it was given its exit frame. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Whether a receiver has its stream. */
  get isAttached(): boolean {
    return this.#receiver !== undefined;
  }

  /**
   * Lets a receiver follow. Without `observe` it takes the stream from the one that had it.
   */
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
        if (reason !== undefined) onDetached?.(reason, subscription.lastSeq);
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

  /** Ends all subscriptions: what comes now reaches nobody until somebody follows anew. */
  dropSubscribers(): void {
    for (const subscription of this.#subscriptions()) subscription.close("gone");
  }

  /**
   * Sends a signal: SIGKILL to the whole group, others to the child alone. Does nothing once the
   * child is reaped.
   */
  signal(signal: Deno.Signal, killer: KillReason = "client"): void {
    if (this.#group === undefined || this.#group.isReaped) return;
    this.#killedBy ??= killer;
    if (signal === "SIGKILL") this.#group.signal(signal);
    else this.#group.signalLeader(signal);
  }

  /**
   * Sends a signal to the whole group; also to one whose leader is reaped, while what it left behind
   * holds its pipes and its exit is still to come.
   */
  signalGroup(signal: Deno.Signal, killer: KillReason = "client"): void {
    if (this.#group === undefined || !this.isRunning) return;
    if (!this.#group.isReaped) this.#killedBy ??= killer;
    this.#group.signal(signal);
  }

  /** Ends the whole group of a process whose exit is still to come. */
  endGroup(killer: KillReason = "client"): void {
    this.signalGroup("SIGKILL", killer);
  }

  /** Ends what a process that has just ended left behind in its group. */
  endRemains(): void {
    if (!this.isRunning) this.#group?.signal("SIGKILL");
  }

  /**
   * Sends a signal and waits for the exit frame.
   *
   * @param signal The signal to begin with.
   * @param graceMs How long to wait for it to work, in milliseconds.
   * @param escalate Whether SIGKILL to the group follows; it then also ends what a child that obeyed left behind.
   * @param isGroup Whether the first signal goes to the whole group, too.
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

  /** Only the receiver holds the process up; observers skip ahead when they fall behind. */
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
    // The runtime has no name for real-time signals, and fails with their number.
    const number = error instanceof TypeError ? /^Invalid signal: (\d+)$/.exec(error.message)?.[1] : undefined;
    if (number === undefined) throw error;
    return { code: -1, signal: `SIG${number}` };
  }
}
