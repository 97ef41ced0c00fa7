/**
 * Moves the output of a child from its pipe to the replay buffer, no faster than the receiver reads.
 *
 * @module
 */

/** The most data in one frame, in bytes (contract: Process methods). */
const FRAME_BYTES = 32 << 10;
/** The size of a read, in bytes: two frames, which halves the number of reads. */
const READ_BYTES = 64 << 10;
/** The most that a pipe holds by the system's default limits, in bytes. */
const MAX_PIPE_BYTES = 1 << 20;
/** The turns of the event loop after which a pending read means that the pipe is empty. */
const EMPTY_TURNS = 4;

/** Options of an {@linkcode OutputPump}. */
export interface OutputPumpOptions {
  /** The child's end of the pipe. */
  readonly source: ReadableStream<Uint8Array>;
  /** Returns a promise that settles when more may be read; `undefined` if that is now. */
  readonly gate: () => Promise<void> | undefined;
  /** Called between reads; returns a promise when the event loop should get a turn. */
  readonly pause: () => Promise<void> | undefined;
  /** Called with the output, at most one frame at a time; the bytes are valid only during the call. */
  readonly onData: (data: Uint8Array) => void;
  /** Called when reading fails; the pump ends. */
  readonly onError: (error: unknown) => void;
}

/** Reads one output stream of a child. */
export class OutputPump {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #options: OutputPumpOptions;
  #taken = 0;
  #isFinished = false;
  /** Settles at the end of the output; never rejects. */
  readonly finished: Promise<void>;

  /** Starts reading at once. */
  constructor(options: OutputPumpOptions) {
    this.#options = options;
    this.#reader = options.source.getReader({ mode: "byob" });
    this.finished = this.#run();
  }

  async #run(): Promise<void> {
    try {
      await this.#pump();
    } catch (error) {
      this.#options.onError(error);
    } finally {
      this.#isFinished = true;
    }
  }

  async #pump(): Promise<void> {
    const { gate, pause, onData } = this.#options;
    let buffer = new Uint8Array(READ_BYTES);
    for (;;) {
      const room = gate();
      if (room !== undefined) await room;
      const { value, done } = await this.#reader.read(buffer);
      if (done) return;
      for (let start = 0; start < value.length; start += FRAME_BYTES) {
        const wait = gate();
        if (wait !== undefined) await wait;
        onData(value.subarray(start, start + FRAME_BYTES));
      }
      this.#taken += value.length;
      buffer = new Uint8Array(value.buffer);
      const others = pause();
      if (others !== undefined) await others;
    }
  }

  /**
   * Reads what the pipe holds now and closes it, even if other processes may still write to it. The gate must be
   * open.
   */
  async takeRest(): Promise<void> {
    const limit = this.#taken + MAX_PIPE_BYTES;
    let before = -1;
    while (!this.#isFinished && before !== this.#taken && this.#taken < limit) {
      before = this.#taken;
      for (let turn = 0; turn < EMPTY_TURNS; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await this.close();
  }

  /** Closes the pipe; processes that write to it get an error. */
  async close(): Promise<void> {
    await this.#reader.cancel();
    await this.finished;
  }
}
