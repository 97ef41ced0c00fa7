/**
 * Moves what a child writes from its pipe to the replay buffer, no faster than the receiver reads.
 *
 * @module
 */

/** The contract's cap on the data of one frame, in bytes (contract: Process methods). */
const FRAME_BYTES = 32 << 10;
/** One read may fill two frames: fewer reads, the same frames. */
const READ_BYTES = 64 << 10;
/** The most that a pipe holds by the system's default limits. */
const MAX_PIPE_BYTES = 1 << 20;
/** Turns of the event loop after which a read that has not completed found the pipe empty. */
const EMPTY_TURNS = 4;

/** What a pump needs of its process. */
export interface OutputPumpOptions {
  /** The child's end of the pipe. */
  readonly source: ReadableStream<Uint8Array>;
  /** Settles when more may be taken; `undefined` when that is now. */
  readonly gate: () => Promise<void> | undefined;
  /** Lets others have their turn now and then; `undefined` when it is not time yet. */
  readonly pause: () => Promise<void> | undefined;
  /** Takes a piece of output, at most a frame's; the bytes are only good during the call. */
  readonly onData: (data: Uint8Array) => void;
  /** Called when reading fails; the pump ends. */
  readonly onError: (error: unknown) => void;
}

/** See the module. */
export class OutputPump {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #options: OutputPumpOptions;
  #taken = 0;
  #isFinished = false;
  /** Settles at the end of the output; never rejects. */
  readonly finished: Promise<void>;

  /** Starts at once. */
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
   * Takes what the pipe holds now and closes it, whoever else may still write to it. The gate
   * must be open.
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

  /** Closes the pipe: whoever writes to it is told so. */
  async close(): Promise<void> {
    await this.#reader.cancel();
    await this.finished;
  }
}
