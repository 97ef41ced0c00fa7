/**
 * Notices that a connection has been silent in both directions (contract: Server methods of next).
 *
 * @module
 */

import type { Clock } from "../../system/clock.ts";
import type { ByteStream } from "../../system/io.ts";

/** Options of {@linkcode IdleStream}. */
export interface IdleOptions {
  /** How long the connection may be silent, in milliseconds. */
  readonly idleMs: number;
  /** The source of time. */
  readonly clock: Clock;
  /** Whether silence does not count now, because a request is being worked on. */
  readonly isBusy: () => boolean;
  /** Called once, when the connection has been silent for too long. */
  readonly onIdle: () => void;
}

/** Passes bytes on, and notes when. */
export class IdleStream implements ByteStream {
  readonly #stream: ByteStream;
  readonly #options: IdleOptions;
  /** When bytes were passed on last. */
  #activeAt: number;
  #cancel: () => void = () => {};

  /** Starts to wait. */
  constructor(stream: ByteStream, options: IdleOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#activeAt = options.clock.elapsed();
    this.#wait(options.idleMs);
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    const n = await this.#stream.read(buffer);
    this.#activeAt = this.#options.clock.elapsed();
    return n;
  }

  async write(bytes: Uint8Array): Promise<number> {
    const n = await this.#stream.write(bytes);
    this.#activeAt = this.#options.clock.elapsed();
    return n;
  }

  close(): void {
    this.#cancel();
    this.#stream.close();
  }

  #wait(ms: number): void {
    this.#cancel = this.#options.clock.after(ms, () => this.#check());
  }

  #check(): void {
    const { clock, idleMs, isBusy, onIdle } = this.#options;
    const left = isBusy() ? idleMs : idleMs - (clock.elapsed() - this.#activeAt);
    if (left > 0) this.#wait(left);
    else onIdle();
  }
}
