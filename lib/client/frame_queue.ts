/**
 * Frames between a connection and who reads them, a few at a time.
 *
 * @module
 */

import type { Frame } from "../process/frame_codec.ts";

/** More than this many have to wait. */
const CAPACITY = 64;

/** Ends with the exit frame, when it is told to, or with an error after what came before it; has one reader. */
export class FrameQueue implements AsyncIterable<Frame> {
  readonly #frames: Frame[] = [];
  #isOver = false;
  /** Whether its reader is gone: nobody takes what it holds. */
  #isLeft = false;
  #failure: { readonly error: unknown } | undefined;
  #arrival = Promise.withResolvers<void>();
  #room: PromiseWithResolvers<void> | undefined;

  /** Adds a frame; settles when there is room for more. After a failure nothing is added. */
  push(frame: Frame): void | Promise<void> {
    if (this.#failure !== undefined || this.#isLeft) return;
    this.#frames.push(frame);
    this.#arrival.resolve();
    if (this.#frames.length < CAPACITY) return;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** Ends it after what it holds. */
  end(): void {
    this.#isOver = true;
    this.#arrival.resolve();
    this.#room?.resolve();
  }

  /** Ends it with an error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#arrival.resolve();
    this.#room?.resolve();
  }

  /** Gives what there is, then waits for more. */
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
        if (this.#isOver) return;
        await this.#arrival.promise;
        this.#arrival = Promise.withResolvers();
      }
    } finally {
      this.#leave();
    }
  }

  #leave(): void {
    this.#isLeft = true;
    this.#frames.length = 0;
    this.#room?.resolve();
  }
}
