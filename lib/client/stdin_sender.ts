/**
 * Writing to the stdin of a process over connections that may be lost. Bytes are kept until the daemon acknowledges
 * them; after a lost connection, the missing ones are sent again with their offset (contract: Process methods,
 * `process.stdin`).
 *
 * @module
 */

import { STDIN_FULL, STDIN_GAP } from "../rpc/errors.ts";
import { ByteQueue } from "./byte_queue.ts";
import { ConnectionLostError, RpcCallError, StdinConflictError, toError } from "./errors.ts";
import type { WireConnection } from "./wire_connection.ts";

/**
 * Limits on the size of a piece, in bytes. The largest fits in a line as base64; if connections break early, the pieces
 * become smaller.
 */
const PIECE_BYTES = { min: 4 << 10, max: 256 << 10 };
/** The number of requests in flight from which on small writes are queued and joined. */
const MAX_SENT_PIECES = 8;
/** The number of unacknowledged bytes above which a write waits. */
const MAX_UNACKNOWLEDGED = 1 << 20;
/** How long to wait before bytes are sent again that did not fit into the daemon's queue, in milliseconds. */
const FULL_MS = 50;

/** Bytes that are sent in one request. */
interface Piece {
  readonly offset: number;
  readonly data: Uint8Array;
}

/** The result of `process.stdin`. */
interface StdinReply {
  readonly applied: number;
  readonly duplicate?: boolean;
}

/** Sends bytes to the stdin of one process. */
export class StdinSender {
  readonly #id: string;
  /** The bytes that are written and not yet sent. */
  readonly #waiting = new ByteQueue();
  /** The pieces that are sent and not yet acknowledged, in order. */
  #sent: Piece[] = [];
  #sentBytes = 0;
  #pieceBytes = PIECE_BYTES.max;
  /** The offset after the last byte that was sent; `undefined` before the first connection. */
  #end: number | undefined;
  #isEnding = false;
  /** Counts how often all pieces were sent anew; what is said about former attempts does not matter any more. */
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #connection: WireConnection | undefined;
  #failure: Error | undefined;
  #controller: WritableStreamDefaultController | undefined;
  #progress = Promise.withResolvers<void>();

  /** Creates the sender for the id of a process. It sends nothing until `resume()` is called. */
  constructor(id: string) {
    this.#id = id;
  }

  /** Returns a stream to write to. A write settles when there is room for more; a failure ends the stream at once. */
  writable(): WritableStream<Uint8Array> {
    return new WritableStream({
      start: (controller) => {
        this.#controller = controller;
        if (this.#failure !== undefined) controller.error(this.#failure);
      },
      write: (data) => this.#write(data),
      close: () => this.#close(),
    });
  }

  /**
   * Continues over a new connection.
   *
   * @param applied The number of bytes that the daemon has applied.
   */
  resume(connection: WireConnection, applied: number): void {
    this.#connection = connection;
    if (this.#end === undefined) this.#end = applied;
    else if (!this.#isBoundary(applied)) return this.fail(new StdinConflictError(this.#id));
    const before = this.#sentBytes;
    this.#acknowledge(applied);
    if (this.#sentBytes > 0 && this.#sentBytes === before) this.#shrinkPieces();
    this.#sendAgain(connection);
    this.#closeIfDone();
  }

  #sendAgain(connection: WireConnection): void {
    this.#cancelRetry();
    this.#attempt++;
    for (const piece of this.#sent) this.#send(connection, piece, true);
    this.#flush();
  }

  /** Waits until the daemon may have room. It has taken neither the piece that did not fit nor a later one. */
  #retryLater(): void {
    this.#attempt++;
    this.#retry ??= setTimeout(() => {
      if (this.#connection !== undefined) this.#sendAgain(this.#connection);
    }, FULL_MS);
  }

  #cancelRetry(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  /** Makes pieces smaller, because the previous connection was lost before it had transferred one. */
  #shrinkPieces(): void {
    this.#pieceBytes = Math.max(PIECE_BYTES.min, this.#pieceBytes / 2);
    this.#sent = this.#sent.flatMap((piece) => split(piece, this.#pieceBytes));
  }

  /** Makes pending and later writes fail. A close whose bytes have all arrived still succeeds. */
  fail(error: Error): void {
    if (this.#isEnding && this.#isDrained) this.#isEnding = false;
    else if (this.#failure === undefined) {
      this.#failure = error;
      // Otherwise only the next write would report the loss of bytes whose own write has already settled.
      this.#controller?.error(error);
    }
    this.#cancelRetry();
    this.#waiting.clear();
    this.#sent.length = this.#sentBytes = 0;
    this.#wake();
  }

  get #isDrained(): boolean {
    return this.#waiting.bytes === 0 && this.#sentBytes === 0;
  }

  /**
   * Whether a count of applied bytes is the end of a piece. The daemon applies whole pieces, so any other count includes
   * bytes of another client.
   */
  #isBoundary(applied: number): boolean {
    const start = this.#sent[0]?.offset ?? this.#end;
    return applied === start || this.#sent.some(({ offset, data }) => applied === offset + data.length);
  }

  async #write(data: Uint8Array): Promise<void> {
    for (let start = 0; start < data.length; start += PIECE_BYTES.max) {
      this.#throwIfFailed();
      // The caller may modify its array once the write has settled.
      this.#waiting.push(data.slice(start, start + PIECE_BYTES.max));
      this.#flush();
      if (this.#waiting.bytes + this.#sentBytes <= MAX_UNACKNOWLEDGED) continue;
      await this.#waitUntil(() => this.#waiting.bytes + this.#sentBytes <= MAX_UNACKNOWLEDGED);
    }
    this.#throwIfFailed();
  }

  #flush(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#end === undefined || this.#retry !== undefined) return;
    while (this.#waiting.bytes > 0 && this.#sent.length < MAX_SENT_PIECES) {
      const piece = { offset: this.#end, data: this.#waiting.take(this.#pieceBytes) };
      this.#end += piece.data.length;
      this.#sent.push(piece);
      this.#sentBytes += piece.data.length;
      this.#send(connection, piece, false);
    }
  }

  /** Sends a piece; one that is sent for the first time is marked `exact`, since the daemon cannot have its bytes. */
  #send(connection: WireConnection, piece: Piece, isResend: boolean): void {
    const { offset, data } = piece;
    const params = { id: this.#id, data: data.toBase64(), offset, ...(isResend ? {} : { exact: true }) };
    void this.#handleReply(connection.request("process.stdin", params) as Promise<StdinReply>, piece, isResend);
  }

  async #handleReply(reply: Promise<StdinReply>, { offset, data }: Piece, isResend: boolean): Promise<void> {
    const attempt = this.#attempt;
    try {
      const { applied, duplicate = false } = await reply;
      // A daemon that does not support `exact` returns such a result if another client has written.
      const isForeign = isResend ? applied > this.#end! : duplicate || applied !== offset + data.length;
      if (isForeign) return this.fail(new StdinConflictError(this.#id));
      this.#acknowledge(applied);
      this.#flush();
      this.#closeIfDone();
    } catch (error) {
      // The next connection sends the piece again.
      if (error instanceof ConnectionLostError) return;
      const code = error instanceof RpcCallError ? error.code : undefined;
      if (attempt !== this.#attempt && (code === STDIN_FULL || code === STDIN_GAP)) return;
      if (code === STDIN_FULL) return this.#retryLater();
      const isConflict = !isResend && code === STDIN_GAP;
      this.fail(isConflict ? new StdinConflictError(this.#id, { cause: error }) : toError(error));
    }
  }

  #acknowledge(applied: number): void {
    for (let piece = this.#sent[0]; piece !== undefined; piece = this.#sent[0]) {
      if (piece.offset + piece.data.length > applied) break;
      this.#sentBytes -= piece.data.length;
      this.#sent.shift();
      this.#pieceBytes = Math.min(PIECE_BYTES.max, this.#pieceBytes * 2);
    }
    this.#wake();
  }

  async #close(): Promise<void> {
    this.#isEnding = true;
    this.#closeIfDone();
    await this.#waitUntil(() => !this.#isEnding);
    this.#throwIfFailed();
  }

  #closeIfDone(): void {
    if (!this.#isEnding || !this.#isDrained || this.#connection === undefined) return;
    void this.#connection.request("process.closeStdin", { id: this.#id }).then(
      () => this.#noteClosed(),
      // Ignored: either the process has ended, or the next connection closes stdin.
      (error) => error instanceof ConnectionLostError ? undefined : this.#noteClosed(),
    );
  }

  #noteClosed(): void {
    this.#isEnding = false;
    this.#wake();
  }

  async #waitUntil(condition: () => boolean): Promise<void> {
    while (this.#failure === undefined && !condition()) await this.#progress.promise;
  }

  /** Makes pending waits check their condition. */
  #wake(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function split({ offset, data }: Piece, bytes: number): Piece[] {
  const count = Math.ceil(data.length / bytes);
  return Array.from({ length: count }, (_, i) => ({
    offset: offset + i * bytes,
    data: data.subarray(i * bytes, (i + 1) * bytes),
  }));
}
