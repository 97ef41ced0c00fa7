/**
 * Writes an agent's stdin, each byte exactly once: the bytes are stored before, the daemon reports how many it has, and
 * what it lacks is written again at its offset.
 *
 * @module
 */

import { ConnectionLostError, RpcCallError } from "../client/errors.ts";
import type { Client } from "../client/connect.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import { STDIN_FULL } from "../rpc/errors.ts";

/** The most bytes of one write: a request line has to stay below 1 MiB. */
const PIECE_BYTES = 256 << 10;

/** How long to wait after something that is not expected, or for room in the daemon's queue, in milliseconds. */
const RETRY_MS = 500;

/** Bytes for stdin, with where they begin. */
export interface StdinPiece {
  /** How many bytes of stdin come before. */
  readonly offset: number;
  /** The bytes. */
  readonly bytes: Uint8Array;
}

/** Options of {@linkcode StdinWriter}. */
export interface StdinWriterOptions {
  /** The connection to the daemon. */
  readonly line: DaemonLine;
  /** The id of the process. */
  readonly processId: string;
  /** How many bytes the daemon has. */
  readonly applied: number;
  /** Called when the daemon has everything up to an offset. */
  readonly onApplied: (offset: number) => void;
  /** Called when something fails that is not expected. */
  readonly onError: (error: unknown) => void;
  /** Ends the writing. */
  readonly signal: AbortSignal;
}

/** See the module comment. */
export class StdinWriter {
  readonly #options: StdinWriterOptions;
  readonly #pieces: StdinPiece[] = [];
  #applied: number;
  #isWriting = false;
  #isClosing = false;
  #isOver = false;

  /** Creates a writer; nothing is written yet. */
  constructor(options: StdinWriterOptions) {
    this.#options = options;
    this.#applied = options.applied;
  }

  /** Writes pieces, in order, after what was given before. */
  write(pieces: readonly StdinPiece[]): void {
    this.#pieces.push(...pieces);
    this.#wake();
  }

  /** Closes stdin after everything that was given. */
  close(): void {
    this.#isClosing = true;
    this.#wake();
  }

  #wake(): void {
    if (this.#isWriting || this.#isOver) return;
    this.#isWriting = true;
    void this.#run().catch(this.#options.onError);
  }

  async #run(): Promise<void> {
    try {
      while (!this.#options.signal.aborted && !this.#isOver) {
        const piece = this.#nextPiece();
        if (piece === undefined && !this.#isClosing) return;
        await this.#writeOnce(piece);
      }
    } finally {
      // In the same turn as the last check, so that no piece that is added next is left lying.
      this.#isWriting = false;
    }
  }

  /** Writes a piece, or closes stdin; after a failure that another attempt may mend, it simply returns. */
  async #writeOnce(piece: StdinPiece | undefined): Promise<void> {
    const { line, processId, signal, onError } = this.#options;
    const client = await this.#client();
    if (client === undefined) return;
    try {
      if (piece !== undefined) return await this.#writePiece(client, piece);
      await client.call("process.closeStdin", { id: processId });
      this.#isOver = true;
    } catch (error) {
      // The agent does not read for now.
      if (error instanceof RpcCallError && error.code === STDIN_FULL) await line.pause(RETRY_MS);
      // With another answer, the process has ended or is gone, which its frames report.
      else if (signal.aborted || error instanceof RpcCallError) this.#isOver = true;
      // The same bytes at the same offset are harmless, whether they arrived or not.
      else if (!line.noteFailure(client, error) && !(error instanceof ConnectionLostError)) {
        onError(error);
        await line.pause(RETRY_MS);
      }
    }
  }

  async #client(): Promise<Client | undefined> {
    try {
      return await this.#options.line.ready();
    } catch {
      this.#isOver = true; // the sessions are being closed; the next hub goes on
      return undefined;
    }
  }

  /** The next bytes that the daemon lacks, small writes joined. */
  #nextPiece(): StdinPiece | undefined {
    for (;;) {
      const [first] = this.#pieces;
      if (first === undefined) return undefined;
      const end = first.offset + first.bytes.length;
      if (end > this.#applied) {
        const from = Math.max(0, this.#applied - first.offset);
        return { offset: first.offset + from, bytes: first.bytes.subarray(from, from + PIECE_BYTES) };
      }
      this.#pieces.shift();
    }
  }

  async #writePiece(client: Client, { offset, bytes }: StdinPiece): Promise<void> {
    const { processId, onApplied, onError, signal } = this.#options;
    const params = { id: processId, data: bytes.toBase64(), offset };
    const { applied } = await client.call("process.stdin", params, { signal });
    this.#applied = Math.max(this.#applied, applied);
    try {
      onApplied(this.#applied);
    } catch (error) {
      onError(error); // the bytes are written all the same
    }
  }
}
