/**
 * A bounded queue of frames between a connection and a reader.
 *
 * @module
 */

import type { Frame } from "../process/frame_codec.ts";

/** The number of frames from which on `push()` waits for the reader. */
const CAPACITY = 64;

/** Passes frames to one reader, until the exit frame, a call of `end()`, or an error. */
export class FrameQueue implements AsyncIterable<Frame> {
  readonly #frames: Frame[] = [];
  #hasEnded = false;
  /** Whether the reader has stopped reading. */
  #isAbandoned = false;
  #failure: { readonly error: unknown } | undefined;
  #arrival = Promise.withResolvers<void>();
  #room: PromiseWithResolvers<void> | undefined;

  /** Adds a frame; settles when there is room for more. After a failure, frames are ignored. */
  push(frame: Frame): void | Promise<void> {
    if (this.#failure !== undefined || this.#isAbandoned) return;
    this.#frames.push(frame);
    this.#arrival.resolve();
    if (this.#frames.length < CAPACITY) return;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** Ends the queue after the frames that it contains. */
  end(): void {
    this.#hasEnded = true;
    this.#arrival.resolve();
    this.#room?.resolve();
  }

  /** Ends the queue with an error after the frames that it contains. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#arrival.resolve();
    this.#room?.resolve();
  }

  /** Yields the frames in the queue, then waits for more. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Frame> {
    try {
      for (;;) {
        const frame = this.#frames.shift();
        if (frame !== undefined) {
          yield frame;
          if (frame.stream === "exit") return;
          continue;
        }
        this.#room?.resolve();
        this.#room = undefined;
        if (this.#failure !== undefined) throw this.#failure.error;
        if (this.#hasEnded) return;
        await this.#arrival.promise;
        this.#arrival = Promise.withResolvers();
      }
    } finally {
      this.#abandon();
    }
  }

  #abandon(): void {
    this.#isAbandoned = true;
    this.#frames.length = 0;
    this.#room?.resolve();
  }
}
