/**
 * A receiver's subscription to a process: a position in its replay buffer, with notifications of new frames
 * (contract: Process methods; Memory and fairness).
 *
 * @module
 */

import type { ReplayBuffer, ReplayCursor, ReplaySlice } from "./replay_buffer.ts";

/**
 * Why a process ends a subscription: another receiver took the stream (`taken`), or the supervisor forgot the process
 * (`gone`).
 */
export type DetachReason = "taken" | "gone";

/** Options of a {@linkcode Subscription}. */
export interface SubscriptionOptions {
  /** Frames up to this sequence number are skipped. */
  readonly afterSeq: number;
  /** The id by which the receiver knows the process. */
  readonly as: string;
  /** Rewrites whole frames for the receiver; absent if they are sent as they are. `times` is when each of them came. */
  readonly convert?: (frames: Uint8Array, times: () => readonly number[]) => Uint8Array;
  /** Called whenever there may be frames to take, and once when the subscription is closed. */
  readonly onReadable: () => void;
  /** Called when the receiver has released a slice. */
  readonly onProgress: () => void;
  /** Called once, when the subscription is closed; with a reason if the process closed it. */
  readonly onClose: (reason?: DetachReason) => void;
}

/** A receiver's position in the frames of a process. */
export class Subscription implements Disposable {
  readonly #cursor: ReplayCursor;
  readonly #options: SubscriptionOptions;
  readonly #caughtUp = Promise.withResolvers<void>();
  readonly #target: number;
  #held: ReplaySlice | undefined;
  #isClosed = false;
  #isReplaying = true;
  #isComplete = false;

  /** Creates a subscription; the process that it follows does this. */
  constructor(replay: ReplayBuffer, options: SubscriptionOptions) {
    this.#options = options;
    this.#cursor = replay.cursor(options.afterSeq);
    this.#target = replay.lastSeq;
    this.#noteProgress();
  }

  /** Resolves when all frames that were buffered at the start are taken and released, or when the subscription is closed. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  /** Whether frames that were buffered at the start are not taken and released yet. */
  get isReplaying(): boolean {
    return this.#isReplaying;
  }

  /** The sequence number of the last frame that was taken or skipped. */
  get lastSeq(): number {
    return this.#cursor.nextSeq - 1;
  }

  /** The id by which the receiver knows the process. */
  get as(): string {
    return this.#options.as;
  }

  /** The number of buffered bytes that are not taken yet. */
  get lag(): number {
    return this.#cursor.lag;
  }

  /** Whether no more frames follow: it is closed, or the exit frame is taken and released. */
  get isDone(): boolean {
    return this.#isClosed || this.hasAll;
  }

  /** Whether all frames are taken and released, including the exit frame. */
  get hasAll(): boolean {
    return this.hasTakenAll && this.#held === undefined;
  }

  /** Whether all frames are taken, including the exit frame; the last of them may still be in use. */
  get hasTakenAll(): boolean {
    return this.#isComplete && this.#cursor.lag === 0;
  }

  /** Takes the next slice of whole frames; it must be released with {@linkcode release} before the next call. */
  take(): Uint8Array | undefined {
    if (this.#isClosed) return undefined;
    this.#held = this.#cursor.take();
    const held = this.#held;
    if (held === undefined) return undefined;
    return this.#options.convert?.(held.bytes, () => held.times) ?? held.bytes;
  }

  /** Releases the slice after it was written, or failed to be. */
  release(): void {
    this.#held?.release();
    this.#held = undefined;
    this.#noteProgress();
    this.#options.onProgress();
  }

  #noteProgress(): void {
    if (!this.#isReplaying || !(this.#isClosed || this.#cursor.nextSeq > this.#target)) return;
    this.#isReplaying = false;
    this.#caughtUp.resolve();
  }

  /** Called by the process when there are new frames. */
  notify(): void {
    this.#options.onReadable();
  }

  /** Called by the process when the exit frame is buffered. */
  complete(): void {
    this.#isComplete = true;
    this.#options.onReadable();
  }

  /**
   * Ends the subscription. A slice that is in use stays valid until it is released. It may be called twice.
   *
   * @param reason Why the process ends the subscription; absent if the receiver does.
   */
  close(reason?: DetachReason): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#noteProgress();
    this.#options.onClose(reason);
    this.#options.onReadable();
  }

  /** Calls {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}
