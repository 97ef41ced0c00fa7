/**
 * Feeds a process over connections that may be lost: bytes are kept until the daemon acknowledges them, and what it
 * lacks after a lost connection is sent again by its offset (contract: Process methods, `process.stdin`).
 *
 * @module
 */

import { STDIN_GAP } from "../rpc/errors.ts";
import { ByteQueue } from "./byte_queue.ts";
import { ConnectionLostError, RpcCallError, StdinConflictError, toError } from "./errors.ts";
import type { WireConnection } from "./wire_connection.ts";

/** The base64 form of the largest piece fits a line; connections that break early get smaller ones. */
const PIECE_BYTES = { least: 4 << 10, most: 256 << 10 };
/** Past this many requests in flight, small writes wait and are joined. */
const MAX_SENT_PIECES = 8;
/** Bytes that are not acknowledged before a write has to wait. */
const MAX_UNACKNOWLEDGED = 1 << 20;

/** Bytes that are on their way. */
interface Piece {
  readonly offset: number;
  readonly data: Uint8Array;
}

/** What the daemon answers to `process.stdin`. */
interface StdinReply {
  readonly applied: number;
  readonly duplicate?: boolean;
}

/** Feeds one process. */
export class StdinSender {
  readonly #id: string;
  /** Written and not yet sent, in order. */
  readonly #waiting = new ByteQueue();
  /** Sent and not yet acknowledged, in order. */
  #sent: Piece[] = [];
  #sentBytes = 0;
  #pieceBytes = PIECE_BYTES.most;
  /** The offset after the last byte that was sent; unknown before the first connection. */
  #end: number | undefined;
  #isEnding = false;
  #connection: WireConnection | undefined;
  #failure: Error | undefined;
  #controller: WritableStreamDefaultController | undefined;
  #progress = Promise.withResolvers<void>();

  /** Sends nothing before it has a connection. */
  constructor(id: string) {
    this.#id = id;
  }

  /** A stream to write to; a write settles when there is room for more. A failure ends it at once. */
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
   * Goes on over a new connection.
   *
   * @param applied How many bytes the daemon has.
   */
  resume(connection: WireConnection, applied: number): void {
    this.#connection = connection;
    if (this.#end === undefined) this.#end = applied;
    else if (!this.#isBoundary(applied)) return this.fail(new StdinConflictError(this.#id));
    const before = this.#sentBytes;
    this.#acknowledge(applied);
    if (this.#sentBytes > 0 && this.#sentBytes === before) this.#shrinkPieces();
    for (const piece of this.#sent) this.#send(connection, piece, true);
    this.#flush();
    this.#closeIfDone();
  }

  /** The last connection broke before it had carried a piece. */
  #shrinkPieces(): void {
    this.#pieceBytes = Math.max(PIECE_BYTES.least, this.#pieceBytes / 2);
    this.#sent = this.#sent.flatMap((piece) => split(piece, this.#pieceBytes));
  }

  /** Gives up: what waits, and what is written from now on, fails; what has all arrived does not. */
  fail(error: Error): void {
    if (this.#isEnding && this.#isDrained) this.#isEnding = false;
    else if (this.#failure === undefined) {
      this.#failure = error;
      // Without this, bytes that were lost after their write had settled would only be reported to the next one.
      this.#controller?.error(error);
    }
    this.#waiting.clear();
    this.#sent.length = this.#sentBytes = 0;
    this.#wake();
  }

  get #isDrained(): boolean {
    return this.#waiting.bytes === 0 && this.#sentBytes === 0;
  }

  /** The daemon takes pieces as a whole: another count means that another client wrote, too. */
  #isBoundary(applied: number): boolean {
    const start = this.#sent[0]?.offset ?? this.#end;
    return applied === start || this.#sent.some(({ offset, data }) => applied === offset + data.length);
  }

  async #write(data: Uint8Array): Promise<void> {
    for (let start = 0; start < data.length; start += PIECE_BYTES.most) {
      this.#throwIfFailed();
      // The caller may change its array as soon as the write has settled.
      this.#waiting.push(data.slice(start, start + PIECE_BYTES.most));
      this.#flush();
      if (this.#waiting.bytes + this.#sentBytes <= MAX_UNACKNOWLEDGED) continue;
      await this.#until(() => this.#waiting.bytes + this.#sentBytes <= MAX_UNACKNOWLEDGED);
    }
    this.#throwIfFailed();
  }

  #flush(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#end === undefined) return;
    while (this.#waiting.bytes > 0 && this.#sent.length < MAX_SENT_PIECES) {
      const piece = { offset: this.#end, data: this.#waiting.take(this.#pieceBytes) };
      this.#end += piece.data.length;
      this.#sent.push(piece);
      this.#sentBytes += piece.data.length;
      this.#send(connection, piece, false);
    }
  }

  /** Bytes that were never sent must be new to the daemon; those that are sent again may not be. */
  #send(connection: WireConnection, piece: Piece, isResend: boolean): void {
    const { offset, data } = piece;
    const params = { id: this.#id, data: data.toBase64(), offset, ...(isResend ? {} : { exact: true }) };
    void this.#settle(connection.request("process.stdin", params) as Promise<StdinReply>, piece, isResend);
  }

  async #settle(reply: Promise<StdinReply>, { offset, data }: Piece, isResend: boolean): Promise<void> {
    try {
      const { applied, duplicate = false } = await reply;
      // A daemon that does not know "exact" answers so when another client wrote there.
      const isForeign = isResend ? applied > this.#end! : duplicate || applied !== offset + data.length;
      if (isForeign) return this.fail(new StdinConflictError(this.#id));
      this.#acknowledge(applied);
      this.#flush();
      this.#closeIfDone();
    } catch (error) {
      // The next connection sends it again.
      if (error instanceof ConnectionLostError) return;
      const isConflict = !isResend && error instanceof RpcCallError && error.code === STDIN_GAP;
      this.fail(isConflict ? new StdinConflictError(this.#id, { cause: error }) : toError(error));
    }
  }

  #acknowledge(applied: number): void {
    for (let piece = this.#sent[0]; piece !== undefined; piece = this.#sent[0]) {
      if (piece.offset + piece.data.length > applied) break;
      this.#sentBytes -= piece.data.length;
      this.#sent.shift();
      this.#pieceBytes = Math.min(PIECE_BYTES.most, this.#pieceBytes * 2);
    }
    this.#wake();
  }

  async #close(): Promise<void> {
    this.#isEnding = true;
    this.#closeIfDone();
    await this.#until(() => !this.#isEnding);
    this.#throwIfFailed();
  }

  #closeIfDone(): void {
    if (!this.#isEnding || !this.#isDrained || this.#connection === undefined) return;
    void this.#connection.request("process.closeStdin", { id: this.#id }).then(
      () => this.#noteClosed(),
      // A process that has ended reads no more; a connection that was lost is followed by another.
      (error) => error instanceof ConnectionLostError ? undefined : this.#noteClosed(),
    );
  }

  #noteClosed(): void {
    this.#isEnding = false;
    this.#wake();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (this.#failure === undefined && !condition()) await this.#progress.promise;
  }

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
