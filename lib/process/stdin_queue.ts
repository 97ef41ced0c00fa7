/**
 * What a process is to read: accepted bytes wait here until its pipe takes them, up to a cap,
 * with the offset rule that makes a resend harmless (contract: Process methods, `process.stdin`).
 *
 * @module
 */

/** The contract's cap on the bytes waiting for one process. */
export const DEFAULT_STDIN_BYTES = 8 << 20;

/** What became of a write. */
export type StdinOutcome =
  /** `applied` is the count of all bytes accepted so far; `isDuplicate` when nothing of it was new. */
  | { readonly kind: "accepted"; readonly applied: number; readonly fresh: number; readonly isDuplicate: boolean }
  /** The offset is beyond what was accepted: bytes in between are missing. */
  | { readonly kind: "gap" }
  /** An exact write begins at an offset that was accepted already: somebody else wrote there. */
  | { readonly kind: "taken" }
  /** The process has ended. */
  | { readonly kind: "closed" };

/** Where and how bytes are written. */
export interface StdinWriteOptions {
  /** Where the bytes belong in the count of accepted bytes. @default {the end} */
  readonly offset?: number | undefined;
  /** Whether the bytes must be new: an offset that was accepted already is refused. @default {false} */
  readonly isExact?: boolean;
  /** Gives up a write that still waits. */
  readonly signal?: AbortSignal;
}

/** What a queue needs from its process. */
export interface StdinQueueOptions {
  /** Where the bytes go. */
  readonly sink: WritableStream<Uint8Array>;
  /** The cap in bytes; see {@linkcode DEFAULT_STDIN_BYTES}. */
  readonly maxBytes?: number;
  /** Count of the bytes that were accepted before. @default {0} */
  readonly applied?: number;
  /** Called once, the first time that a write has to wait. */
  readonly onFull?: () => void;
  /** Called when the pipe fails, with the error; what waits is dropped. */
  readonly onWriteError?: (error: unknown) => void;
}

/** See the module. */
export class StdinQueue {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #options: StdinQueueOptions;
  readonly #maxBytes: number;
  readonly #chunks: Uint8Array[] = [];
  readonly #waiting: (() => void)[] = [];
  #queued = 0;
  #applied = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #turnsTaken = 0;
  #isDraining = false;
  #isBroken = false;
  #isClosed = false;
  #isEnding = false;
  #wasFull = false;

  /** Takes over the sink: nobody else writes to it. */
  constructor(options: StdinQueueOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? DEFAULT_STDIN_BYTES;
    this.#applied = options.applied ?? 0;
    this.#writer = options.sink.getWriter();
  }

  /** Count of all bytes accepted so far. */
  get applied(): number {
    return this.#applied;
  }

  /**
   * Accepts bytes: at once when there is room, else when there is. Writes take effect in the order
   * of the calls.
   *
   * @param data The bytes; kept until written.
   * @throws The signal's reason.
   */
  write(data: Uint8Array, options: StdinWriteOptions = {}): StdinOutcome | Promise<StdinOutcome> {
    if (this.#turnsTaken === 0 && this.#hasRoom(data.length)) return this.#apply(data, options);
    this.#turnsTaken++;
    const outcome = this.#turn.then(() => this.#writeWithRoom(data, options))
      .finally(() => this.#turnsTaken--);
    this.#turn = outcome.catch(() => {}); // a write that was given up must not fail the next one
    return outcome;
  }

  async #writeWithRoom(data: Uint8Array, options: StdinWriteOptions): Promise<StdinOutcome> {
    const { signal } = options;
    while (!this.#hasRoom(data.length)) {
      if (!this.#wasFull) this.#options.onFull?.();
      this.#wasFull = true;
      signal?.throwIfAborted();
      await this.#roomOrAbort(signal);
    }
    signal?.throwIfAborted();
    return this.#apply(data, options);
  }

  #hasRoom(length: number): boolean {
    return this.#isClosed || this.#queued === 0 || this.#queued + length <= this.#maxBytes;
  }

  #roomOrAbort(signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => {
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    this.#waiting.push(wake);
    signal?.addEventListener("abort", wake);
    return promise;
  }

  #wakeWaiting(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #apply(data: Uint8Array, { offset = this.#applied, isExact = false }: StdinWriteOptions): StdinOutcome {
    if (this.#isClosed) return { kind: "closed" };
    const applied = this.#applied;
    if (offset > applied) return { kind: "gap" };
    if (isExact && offset < applied) return { kind: "taken" };
    if (offset < applied && offset + data.length <= applied) {
      return { kind: "accepted", applied, fresh: 0, isDuplicate: true };
    }
    const fresh = data.subarray(applied - offset);
    this.#applied += fresh.length;
    this.#enqueue(fresh);
    return { kind: "accepted", applied: this.#applied, fresh: fresh.length, isDuplicate: false };
  }

  #enqueue(data: Uint8Array): void {
    if (this.#isBroken || data.length === 0) return;
    this.#chunks.push(data);
    this.#queued += data.length;
    if (!this.#isDraining) this.#drain();
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    try {
      for (let chunk = this.#chunks.shift(); chunk !== undefined; chunk = this.#chunks.shift()) {
        await this.#writer.write(chunk);
        this.#queued -= chunk.length;
        this.#wakeWaiting();
      }
    } catch (error) {
      this.#breakOff(error);
    } finally {
      this.#isDraining = false;
    }
    if (this.#isEnding && this.#turnsTaken === 0) void this.#closePipe();
  }

  #breakOff(error: unknown): void {
    if (!this.#isClosed && !this.#isBroken) this.#options.onWriteError?.(error);
    this.#isBroken = true;
    this.#chunks.length = 0;
    this.#queued = 0;
    this.#wakeWaiting();
  }

  /** Closes the pipe behind what was accepted; what is written later is dropped. Closing twice is fine. */
  closeWhenWritten(): void {
    if (this.#isClosed || this.#isEnding) return;
    this.#isEnding = true;
    // Writes that wait for room were accepted before.
    void this.#turn.then(() => {
      if (!this.#isDraining) void this.#closePipe();
    });
  }

  async #closePipe(): Promise<void> {
    if (this.#isBroken || this.#isClosed) return;
    this.#isBroken = true;
    try {
      await this.#writer.close();
    } catch (error) {
      // The process closed it first.
      if (!(error instanceof Error)) throw error;
    }
  }

  /** Closes the pipe and drops what still waits: the process has ended. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#breakOff(undefined);
    try {
      await this.#writer.abort();
    } catch (error) {
      // A pipe that is broken already has nothing left to close.
      if (!(error instanceof Error)) throw error;
    }
  }
}
