/**
 * Reads the frames of an agent's process, over daemons that restart or hand over.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { ProcessLostError } from "../client/errors.ts";
import type { Frame } from "../process/frame_codec.ts";
import type { DaemonLine } from "./daemon_line.ts";

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
  /** Ends the reading. */
  readonly signal: AbortSignal;
}

/** Reads the frames of a process until its exit frame, or until the process is lost. */
export async function pumpFrames(options: FramePumpOptions): Promise<void> {
  const { line, processId, onFrame, onLost, signal } = options;
  let last = options.fromSeq;
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
        last = frame.seq;
        await onFrame(frame);
      }
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ProcessLostError) return onLost();
      if (!line.noteFailure(client, error)) throw error;
    }
  }
}
