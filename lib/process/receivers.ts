/**
 * Those who follow a process: one receiver, for which the process waits, and any number of observers
 * (contract: Process methods; Memory and fairness).
 *
 * @module
 */

import type { FrameEncoder } from "./frame_codec.ts";
import type { ReplayBuffer } from "./replay_buffer.ts";
import { type DetachReason, Subscription, type SubscriptionOptions } from "./subscription.ts";

/** The backlog of a receiver at which the process is paused, in bytes. */
const MAX_LAG_BYTES = 1 << 20;

/** How a receiver follows a process. */
export interface FollowOptions {
  /** Frames up to this sequence number are skipped; 0 for all buffered frames. @default {0} */
  readonly fromSeq?: number;
  /** Whether to follow without pausing the process and without replacing its receiver. @default {false} */
  readonly observe?: boolean;
  /** Called whenever there may be frames to take. */
  readonly onReadable: () => void;
  /** The id by which the receiver knows the process; its frames have this id. @default {that at the start} */
  readonly as?: string;
  /** Whether the frames have the times at which they came. @default {false} */
  readonly times?: boolean | undefined;
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

/** Options of {@linkcode Receivers}. */
export interface ReceiversOptions {
  /** The id that the encoded frames have. */
  readonly id: string;
  /** The frames. */
  readonly replay: ReplayBuffer;
  /** The size limit of the frames, in bytes. */
  readonly replayBytes: number;
  /** What has encoded the frames. */
  readonly codec: FrameEncoder;
}

/** The receivers of one process. */
export class Receivers {
  readonly #options: ReceiversOptions;
  readonly #maxLag: number;
  readonly #observers = new Set<Subscription>();
  #receiver: Subscription | undefined;
  #receiverOwner: object | undefined;
  #gate: PromiseWithResolvers<void> | undefined;
  #isGateOpen = false;
  #isComplete = false;
  #isRead = false;
  readonly #read = Promise.withResolvers<void>();

  /** Creates an empty set. */
  constructor(options: ReceiversOptions) {
    this.#options = options;
    this.#maxLag = Math.min(MAX_LAG_BYTES, options.replayBytes / 2);
  }

  /** Whether a receiver is attached; observers do not count. */
  get isAttached(): boolean {
    return this.#receiver !== undefined;
  }

  /** Whether any subscriber has taken the exit frame. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Settles when any subscriber has taken the exit frame. */
  get read(): Promise<void> {
    return this.#read.promise;
  }

  /** Subscribes to the frames. Without `observe`, the subscription replaces the present receiver. */
  follow(options: FollowOptions): Subscription {
    const { fromSeq = 0, observe = false, onReadable, as = this.#options.id, owner, onDetached } = options;
    const { replay } = this.#options;
    const convert = this.#conversion(as, options.times === true);
    const subscription = new Subscription(replay, {
      afterSeq: fromSeq,
      as,
      ...(convert === undefined ? {} : { convert }),
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
    if (this.#isComplete) this.#complete(subscription);
    return subscription;
  }

  /** Returns what rewrites the frames for a receiver; `undefined` if it gets them as they are. */
  #conversion(as: string, hasTimes: boolean): SubscriptionOptions["convert"] {
    const { codec, id } = this.#options;
    if (as === id && !hasTimes) return undefined;
    return (frames, times) => {
      const named = as === id ? frames : codec.withId?.(frames, as) ?? frames;
      return hasTimes ? codec.withTimes?.(named, times()) ?? named : named;
    };
  }

  /**
   * Ends subscriptions. New frames are only buffered until a receiver follows again.
   *
   * @param as The id by which the receivers know the process; all of them if absent.
   */
  drop(as?: string): void {
    for (const subscription of this.#subscriptions()) {
      if (as === undefined || subscription.as === as) subscription.close("gone");
    }
  }

  /** Tells all that there are new frames. */
  notify(): void {
    this.#receiver?.notify();
    if (this.#observers.size > 0) { for (const observer of this.#observers) observer.notify(); }
  }

  /** Tells all that the exit frame is buffered. */
  complete(): void {
    this.#isComplete = true;
    for (const subscription of this.#subscriptions()) this.#complete(subscription);
  }

  /** Waits for the receiver if it is behind; observers skip frames when they fall behind. */
  wait(): Promise<void> | undefined {
    if (this.#isGateOpen || !this.#isReceiverBehind(this.#maxLag)) return undefined;
    this.#gate ??= Promise.withResolvers();
    return this.#gate.promise;
  }

  /** Waits for no receiver any more, until {@linkcode Receivers.closeGate} is called. */
  openGate(): void {
    this.#isGateOpen = true;
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  /** Waits for the receiver again. */
  closeGate(): void {
    this.#isGateOpen = false;
  }

  *#subscriptions(): Generator<Subscription> {
    if (this.#receiver !== undefined) yield this.#receiver;
    yield* this.#observers;
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

  #complete(subscription: Subscription): void {
    subscription.complete();
    this.#noteRead(subscription);
  }

  #noteRead(subscription: Subscription): void {
    if (!this.#isComplete || !subscription.hasAll) return;
    this.#isRead = true;
    this.#read.resolve();
  }
}
