/**
 * The process of an agent in the daemon: its frames and its stdin.
 *
 * @module
 */

import { RpcCallError } from "../client/errors.ts";
import type { Frame } from "../process/frame_codec.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import { pumpFrames } from "./frame_pump.ts";
import { type StdinPiece, StdinWriter } from "./stdin_writer.ts";

/** Options of {@linkcode AgentChannel}. */
export interface AgentChannelOptions {
  /** The connection to the daemon. */
  readonly line: DaemonLine;
  /** The id of the process. */
  readonly processId: string;
  /** The last frame that is not wanted. */
  readonly fromSeq: number;
  /** How many bytes of stdin the daemon has. */
  readonly applied: number;
  /** Takes each frame once, in order, with the number of frames that are missing before it. */
  readonly onFrame: (frame: Frame, gap: number) => Promise<void>;
  /** Called when the daemon answers that it does not have the process. */
  readonly onLost: () => void;
  /** Called when the daemon has all bytes of stdin up to an offset. */
  readonly onApplied: (offset: number) => void;
  /** Called when something fails that is not expected. */
  readonly onError: (error: unknown) => void;
}

/** See the module comment. */
export class AgentChannel {
  readonly #options: AgentChannelOptions;
  readonly #closing = new AbortController();
  readonly #writer: StdinWriter;
  readonly #pumping: Promise<void>;

  /** Reads from now on. */
  constructor(options: AgentChannelOptions) {
    this.#options = options;
    const { line, processId, fromSeq, applied, onFrame, onLost, onApplied, onError } = options;
    const { signal } = this.#closing;
    this.#writer = new StdinWriter({ line, processId, applied, onApplied, onError, signal });
    let gap = 0;
    this.#pumping = pumpFrames({
      line,
      processId,
      fromSeq,
      onGap: (missing) => gap = missing,
      onFrame: (frame) => {
        const missing = gap;
        gap = 0;
        return onFrame(frame, missing);
      },
      onLost,
      onError,
      signal,
    }).catch(onError);
  }

  /** Writes to stdin, after what was written before. */
  write(piece: StdinPiece): void {
    this.#writer.write([piece]);
  }

  /** Closes stdin after everything that was written. */
  closeStdin(): void {
    this.#writer.close();
  }

  /** Sends SIGTERM. */
  terminate(): void {
    void this.#terminate().catch(this.#options.onError);
  }

  /** Stops reading and writing; the process runs on. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#pumping;
  }

  async #terminate(): Promise<void> {
    const { line, processId } = this.#options;
    while (!this.#closing.signal.aborted) {
      const client = await line.ready();
      try {
        return void await client.call("process.kill", { id: processId, signal: "TERM" });
      } catch (error) {
        if (error instanceof RpcCallError) return; // it has ended
        if (!line.noteFailure(client, error)) throw error;
      }
    }
  }
}
