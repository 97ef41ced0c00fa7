/**
 * Reads the frames of a process.
 *
 * @module
 */

import { decodeRawFrames, type Frame } from "./frame_codec.ts";
import type { ManagedProcess } from "./managed_process.ts";
import type { DetachReason } from "./subscription.ts";

/** How frames are read. */
export interface ReadOptions {
  /** Frames up to this sequence number are skipped. @default {0} */
  readonly fromSeq?: number;
  /** Whether to leave the present receiver, and not to pause the process. @default {false} */
  readonly observe?: boolean;
  /** Ends the reading early. */
  readonly signal?: AbortSignal;
}

/**
 * Yields the frames of a process; see `ReplaySupervisor.frames()`.
 *
 * @param id The id by which the reader knows the process.
 * @throws {RangeError} If the process is forgotten in the meantime.
 */
export async function* readFrames(process: ManagedProcess, id: string, options: ReadOptions): AsyncGenerator<Frame> {
  const { fromSeq = 0, observe = false, signal } = options;
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
