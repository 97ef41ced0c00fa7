/**
 * The stdin of a process: accepted bytes are queued until the pipe takes them, up to a limit. Offsets make it harmless
 * to send the same bytes twice (contract: Process methods, `process.stdin`).
 *
 * @module
 */

/** The contract's limit on the bytes queued for one process. */
export const DEFAULT_STDIN_BYTES = 8 << 20;

/** The result of a write. */
export type StdinOutcome =
  /** The bytes were accepted. `applied` is the total number of bytes accepted so far, `fresh` the number of new bytes;
   * `isDuplicate` says that there were none. */
  | { readonly kind: "accepted"; readonly applied: number; readonly fresh: number; readonly isDuplicate: boolean }
  /** The offset is past the accepted bytes: bytes in between are missing. */
  | { readonly kind: "gap" }
  /** An exact write starts before the end of the accepted bytes: another client wrote there. */
  | { readonly kind: "taken" }
  /** The process has ended. */
  | { readonly kind: "closed" }
  /** The bytes do not fit into the queue, and a write is not to wait. */
  | { readonly kind: "full" };

/** Options of {@linkcode StdinQueue.write}. */
export interface StdinWriteOptions {
  /** The offset of the first byte in the whole input. @default {the number of bytes accepted so far} */
  readonly offset?: number | undefined;
  /** Whether to refuse an offset before the end of the accepted bytes. @default {false} */
  readonly isExact?: boolean;
  /** Aborts a write that is still waiting. */
  readonly signal?: AbortSignal;
}

/** Options of a {@linkcode StdinQueue}. */
export interface StdinQueueOptions {
  /** The pipe to the process. */
  readonly sink: WritableStream<Uint8Array>;
  /** The size limit in bytes. @default {DEFAULT_STDIN_BYTES} */
  readonly maxBytes?: number;
  /** The number of bytes accepted before. @default {0} */
  readonly applied?: number;
  /** What happens to a write that does not fit beside the queued bytes. @default {"wait"} */
  readonly whenFull?: "wait" | "refuse";
  /** Called once, the first time that a write does not fit. */
  readonly onFull?: () => void;
  /** Called with the error when the pipe fails; queued bytes are dropped. */
  readonly onWriteError?: (error: unknown) => void;
}

/** The bytes that wait for a process to read them from its stdin. */
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

  /** Takes over the sink; no other code may write to it. */
  constructor(options: StdinQueueOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? DEFAULT_STDIN_BYTES;
    this.#applied = options.applied ?? 0;
    this.#writer = options.sink.getWriter();
  }

  /** The number of bytes accepted so far. */
  get applied(): number {
    return this.#applied;
  }

  /** Whether the pipe is closed after the bytes accepted so far. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /**
   * Accepts bytes, at once if there is room, otherwise as soon as there is. Writes take effect in the order of the
   * calls.
   *
   * @param data The bytes; must not change until they are written.
   * @throws The signal's reason.
   */
  write(data: Uint8Array, options: StdinWriteOptions = {}): StdinOutcome | Promise<StdinOutcome> {
    if (this.#options.whenFull === "refuse") return this.#applyOrRefuse(data, options);
    if (this.#turnsTaken === 0 && this.#hasRoom(data.length)) return this.#apply(data, options);
    this.#turnsTaken++;
    const outcome = this.#turn.then(() => this.#writeWithRoom(data, options))
      .finally(() => {
        this.#turnsTaken--;
        this.#closeIfWritten();
      });
    this.#turn = outcome.catch(() => {}); // an aborted write must not fail the next one
    return outcome;
  }

  async #writeWithRoom(data: Uint8Array, options: StdinWriteOptions): Promise<StdinOutcome> {
    const { signal } = options;
    while (!this.#hasRoom(data.length)) {
      this.#noteFull();
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

  #applyOrRefuse(data: Uint8Array, options: StdinWriteOptions): StdinOutcome {
    const fresh = data.length - (this.#applied - (options.offset ?? this.#applied));
    if (this.#isClosed || this.compare(data.length, options) !== undefined || this.#hasRoom(fresh)) {
      return this.#apply(data, options);
    }
    this.#noteFull();
    return { kind: "full" };
  }

  #noteFull(): void {
    if (!this.#wasFull) this.#options.onFull?.();
    this.#wasFull = true;
  }

  /**
   * Compares a write with the bytes accepted so far, even after the process has ended.
   *
   * @param length The number of bytes to write.
   * @returns The outcome if the write changes nothing; `undefined` if it has new bytes, or none without an offset.
   */
  compare(
    length: number,
    { offset = this.#applied, isExact = false }: Omit<StdinWriteOptions, "signal">,
  ): StdinOutcome | undefined {
    const applied = this.#applied;
    if (offset > applied) return { kind: "gap" };
    if (isExact && offset < applied) return { kind: "taken" };
    if (offset >= applied || offset + length > applied) return undefined;
    return { kind: "accepted", applied, fresh: 0, isDuplicate: true };
  }

  #apply(data: Uint8Array, options: StdinWriteOptions): StdinOutcome {
    if (this.#isClosed) return { kind: "closed" };
    const outcome = this.compare(data.length, options);
    if (outcome !== undefined) return outcome;
    const fresh = data.subarray(this.#applied - (options.offset ?? this.#applied));
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
    this.#closeIfWritten();
  }

  /** Closes the pipe if that is wanted, once nothing is left to write and no write waits for room. */
  #closeIfWritten(): void {
    if (this.#isEnding && !this.#isDraining && this.#turnsTaken === 0) void this.#closePipe();
  }

  #breakOff(error: unknown): void {
    if (!this.#isClosed && !this.#isBroken) this.#options.onWriteError?.(error);
    this.#isBroken = true;
    this.#chunks.length = 0;
    this.#queued = 0;
    this.#wakeWaiting();
  }

  /** Closes the pipe after the bytes accepted so far; later writes are dropped. It may be called twice. */
  closeWhenWritten(): void {
    if (this.#isClosed || this.#isEnding) return;
    this.#isEnding = true;
    // Writes that wait for room count as accepted.
    this.#closeIfWritten();
  }

  async #closePipe(): Promise<void> {
    if (this.#isBroken || this.#isClosed) return;
    this.#isBroken = true;
    try {
      await this.#writer.close();
    } catch (error) {
      // The process has closed the pipe first.
      if (!(error instanceof Error)) throw error;
    }
  }

  /** Closes the pipe and drops queued bytes, after the process has ended. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#breakOff(undefined);
    try {
      await this.#writer.abort();
    } catch (error) {
      // A broken pipe needs no closing.
      if (!(error instanceof Error)) throw error;
    }
  }
}
