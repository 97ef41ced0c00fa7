/**
 * A receiver's place at a process: a position in its replay buffer that is told when there is
 * more (contract: Process methods; Memory and fairness).
 *
 * @module
 */

import type { ReplayBuffer, ReplayCursor, ReplaySlice } from "./replay_buffer.ts";

/**
 * Why a process ends a subscription that its receiver did not close: another receiver took the stream, or the
 * supervisor forgot the process.
 */
export type DetachReason = "taken" | "gone";

/** How a receiver follows a process. */
export interface SubscriptionOptions {
  /** Frames up to this seq are not wanted. */
  readonly afterSeq: number;
  /** Called whenever there may be something to take, and once when the subscription is closed. */
  readonly onReadable: () => void;
  /** Called when the receiver has given a slice back. */
  readonly onProgress: () => void;
  /** Called once, when it is closed; with a reason when the process closed it. */
  readonly onClose: (reason?: DetachReason) => void;
}

/** See the module. */
export class Subscription implements Disposable {
  readonly #cursor: ReplayCursor;
  readonly #options: SubscriptionOptions;
  readonly #caughtUp = Promise.withResolvers<void>();
  readonly #target: number;
  #held: ReplaySlice | undefined;
  #isClosed = false;
  #isReplaying = true;
  #isComplete = false;

  /** Made by the process that it follows. */
  constructor(replay: ReplayBuffer, options: SubscriptionOptions) {
    this.#options = options;
    this.#cursor = replay.cursor(options.afterSeq);
    this.#target = replay.lastSeq;
    this.#noteProgress();
  }

  /** Resolves when all frames that were there at the start are taken and given back, or it is closed. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  /** Whether frames that were there at the start are still to be taken and given back. */
  get isReplaying(): boolean {
    return this.#isReplaying;
  }

  /** The seq of the last frame that was taken or skipped. */
  get lastSeq(): number {
    return this.#cursor.nextSeq - 1;
  }

  /** Bytes that are there and not yet taken. */
  get lag(): number {
    return this.#cursor.lag;
  }

  /** Whether nothing more is to come: closed, or the exit frame taken and given back. */
  get isDone(): boolean {
    return this.#isClosed || this.hasAll;
  }

  /** Whether all frames were taken and given back, the exit frame too. */
  get hasAll(): boolean {
    return this.#isComplete && this.#held === undefined && this.#cursor.lag === 0;
  }

  /** Takes the next slice of whole frames; it must be given back with {@linkcode release} before the next. */
  take(): Uint8Array | undefined {
    if (this.#isClosed) return undefined;
    this.#held = this.#cursor.take();
    return this.#held?.bytes;
  }

  /** Gives the slice back, when it was written or failed to be. */
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

  /** Told by the process that there is more. */
  notify(): void {
    this.#options.onReadable();
  }

  /** Told by the process that the exit frame is in the buffer. */
  complete(): void {
    this.#isComplete = true;
    this.#options.onReadable();
  }

  /**
   * Ends it; a slice that is out stays valid until it is given back. Closing twice is fine.
   *
   * @param reason Why the process ends it; absent when the receiver itself does.
   */
  close(reason?: DetachReason): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#noteProgress();
    this.#options.onClose(reason);
    this.#options.onReadable();
  }

  /** The same as {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}
