/**
 * Reads the frames of an agent's process, over daemons that restart or hand over.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { ProcessLostError } from "../client/errors.ts";
import type { Frame } from "../process/frame_codec.ts";
import type { DaemonLine } from "../client/daemon_line.ts";

/** How long to wait after something that is not expected, in milliseconds. */
const RETRY_MS = 500;

/** Options of {@linkcode pumpFrames}. */
export interface FramePumpOptions {
  /** The connection to the daemon. */
  readonly line: DaemonLine;
  /** The id of the process. */
  readonly processId: string;
  /** The last frame that is not wanted. */
  readonly fromSeq: number;
  /** Takes each frame once, in order; what it returns is waited for. */
  readonly onFrame: (frame: Frame) => void | Promise<void>;
  /** Called before the frame that follows missing ones. */
  readonly onGap: (missing: number) => void;
  /** Called when the daemon answers that it does not have the process. */
  readonly onLost: () => void;
  /** Called when something fails that is not expected; the reading goes on after the last frame that was taken. */
  readonly onError: (error: unknown) => void;
  /** Ends the reading. */
  readonly signal: AbortSignal;
}

/** Reads the frames of a process until its exit frame, or until the process is lost. */
export async function pumpFrames(options: FramePumpOptions): Promise<void> {
  const { line, processId, onFrame, onLost, onError, signal } = options;
  let last = options.fromSeq;
  let hasReported = false;
  // Missing frames show in the numbers of those that follow.
  const onGap = () => {};
  while (!signal.aborted) {
    let client: Client;
    try {
      client = await line.ready();
    } catch {
      return; // the sessions are being closed
    }
    try {
      for await (const frame of client.frames(processId, { fromSeq: last, onGap, signal })) {
        if (frame.seq > last + 1) options.onGap(frame.seq - last - 1);
        await onFrame(frame);
        last = frame.seq;
        hasReported = false;
      }
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ProcessLostError) return onLost();
      if (line.noteFailure(client, error)) continue;
      if (!hasReported) onError(error);
      hasReported = true;
      await line.pause(RETRY_MS);
    }
  }
}
