/**
 * Feeds a process over connections that may be lost: bytes are kept until the daemon says that it
 * has them, and sent again, by their offset, to whom has not (wire 1.4, process.stdin).
 *
 * @module
 */

import { ConnectionLostError, toError } from "./errors.ts";
import type { WireConnection } from "./wire_connection.ts";

/** Its base64 form fits a line. */
const PIECE_BYTES = 256 << 10;
/** What may be on the way before a write has to wait, in bytes. */
const MAX_UNACKNOWLEDGED = 1 << 20;

interface Piece {
  readonly offset: number;
  readonly data: Uint8Array;
}

/** See the module. */
export class StdinSender {
  readonly #id: string;
  /** What the daemon has not acknowledged, in order. */
  #pieces: Piece[] = [];
  #end: number | undefined;
  #acknowledged = 0;
  #isEnding = false;
  #connection: WireConnection | undefined;
  #failure: Error | undefined;
  #progress = Promise.withResolvers<void>();

  /** Sends nothing before it has a connection. */
  constructor(id: string) {
    this.#id = id;
  }

  /** A stream to write to; a write settles when there is room for more. */
  writable(): WritableStream<Uint8Array> {
    return new WritableStream({
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
    if (this.#end === undefined) {
      this.#pieces = this.#pieces.map(({ offset, data }) => ({ offset: offset + applied, data }));
      this.#end = applied + this.#pieces.reduce((sum, { data }) => sum + data.length, 0);
      this.#acknowledged = applied;
    }
    this.#acknowledge(applied);
    for (const piece of this.#pieces) this.#send(piece);
    this.#closeIfDone();
  }

  /** Gives up: what waits, and what is written from now on, fails; what has all arrived does not. */
  fail(error: Error): void {
    if (this.#isEnding && this.#pieces.length === 0) this.#isEnding = false;
    else this.#failure ??= error;
    this.#pieces = [];
    this.#wake();
  }

  async #write(data: Uint8Array): Promise<void> {
    for (let start = 0; start < data.length; start += PIECE_BYTES) {
      // The caller may change its array as soon as the write has settled.
      this.#push(data.slice(start, start + PIECE_BYTES));
      await this.#until(() => this.#unacknowledged() <= MAX_UNACKNOWLEDGED);
    }
    this.#throwIfFailed();
  }

  #push(data: Uint8Array): void {
    this.#throwIfFailed();
    const last = this.#pieces.at(-1);
    const offset = this.#end ?? (last === undefined ? 0 : last.offset + last.data.length);
    const piece = { offset, data };
    if (this.#end !== undefined) this.#end += data.length;
    this.#pieces.push(piece);
    this.#send(piece);
  }

  #unacknowledged(): number {
    return this.#pieces.reduce((sum, { data }) => sum + data.length, 0);
  }

  #send({ offset, data }: Piece): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    void this.#settle(connection.request("process.stdin", { id: this.#id, data: data.toBase64(), offset }));
  }

  async #settle(reply: Promise<unknown>): Promise<void> {
    try {
      this.#acknowledge((await reply as { applied: number }).applied);
      this.#closeIfDone();
    } catch (error) {
      // The next connection sends it again.
      if (!(error instanceof ConnectionLostError)) this.fail(toError(error));
    }
  }

  #acknowledge(applied: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, applied);
    const isOpen = ({ offset, data }: Piece) => offset + data.length > this.#acknowledged;
    this.#pieces = this.#pieces.filter(isOpen);
    this.#wake();
  }

  async #close(): Promise<void> {
    this.#isEnding = true;
    this.#closeIfDone();
    await this.#until(() => !this.#isEnding);
    this.#throwIfFailed();
  }

  #closeIfDone(): void {
    if (!this.#isEnding || this.#pieces.length > 0 || this.#connection === undefined) return;
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
