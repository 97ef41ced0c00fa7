/**
 * The output to a WebSocket. The runtime has no way to drop what it has taken, nor to end a socket whose client does not
 * read; so it is given little at a time, and the rest waits here, where it can be dropped.
 *
 * @module
 */

import type { Clock } from "../../system/clock.ts";

/** With more than this in the runtime's hands, in bytes, messages wait here. */
const MAX_HANDED = 256 << 10;
/** How often to look whether the runtime has sent something, in milliseconds. It tells nobody. */
const LOOK_MS = 5;

/** What is used of a WebSocket. */
export type SocketOutput = Pick<WebSocket, "send" | "bufferedAmount" | "readyState">;

/** Messages on their way to a WebSocket. */
export class SocketSink implements Disposable {
  readonly #socket: SocketOutput;
  readonly #clock: Clock;
  #waiting: string[] = [];
  #waitingLength = 0;
  #cancelLook: (() => void) | undefined;
  #progress = Promise.withResolvers<void>();

  /** @param socket The socket, which is open. */
  constructor(socket: SocketOutput, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  /** About how much output is unread, in bytes. */
  get backlog(): number {
    return this.#socket.bufferedAmount + this.#waitingLength;
  }

  /** Settles when more has been read, or nothing will be read any more. */
  get progress(): Promise<void> {
    // Nobody tells when the runtime has sent something; whoever waits has to look.
    this.#lookSoon();
    return this.#progress.promise;
  }

  /** Sends a message, or keeps it until there is room for it. */
  send(message: string): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#waitingLength === 0 && this.#socket.bufferedAmount <= MAX_HANDED) return this.#socket.send(message);
    this.#waiting.push(message);
    this.#waitingLength += message.length;
    this.#lookSoon();
  }

  /** Drops the messages that wait. */
  dropWaiting(): void {
    this.#waiting = [];
    this.#waitingLength = 0;
  }

  /** Drops everything and looks no more. */
  [Symbol.dispose](): void {
    this.dropWaiting();
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    this.#progress.resolve();
  }

  #lookSoon(): void {
    this.#cancelLook ??= this.#clock.after(LOOK_MS, () => this.#look());
  }

  #look(): void {
    this.#cancelLook = undefined;
    if (this.#socket.readyState !== WebSocket.OPEN) return this[Symbol.dispose]();
    let sent = 0;
    for (const message of this.#waiting) {
      if (this.#socket.bufferedAmount > MAX_HANDED) break;
      this.#socket.send(message);
      this.#waitingLength -= message.length;
      sent++;
    }
    this.#waiting.splice(0, sent);
    if (this.#waiting.length > 0) this.#lookSoon();
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }
}
