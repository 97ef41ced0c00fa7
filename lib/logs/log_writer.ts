/**
 * Writes the output of processes to the rotated files of one log, in the background. A full disk or a lost directory
 * never stops a process: what cannot be written is counted as missing, and the log goes on when that is possible.
 *
 * @module
 */

import type { ProcessExit, StreamName } from "../process/frame_codec.ts";
import type { Clock } from "../system/clock.ts";
import { concat } from "../system/io.ts";
import { costOf, dataOf, formatBatch, type Item, type Missing, START } from "./log_batch.ts";
import { LogInUseError, toLogError } from "./log_error.ts";
import { MAX_FILE_BYTES } from "./log_names.ts";
import { LogPair } from "./log_pair.ts";

/** How much output may wait to be written before the process waits, in bytes, with the memory that each frame takes. */
const MAX_PENDING_BYTES = 1 << 20;
/** How much output is written at once, in bytes. */
const BATCH_BYTES = 256 << 10;
/** How often to check whether the files are still at their paths, in milliseconds. */
const CHECK_MS = 5_000;
/** How long to wait after a failure before the files are opened again, in milliseconds. */
const REOPEN_MS = 1_000;
/** How long to wait for a process that has ended to close the log in another daemon, in milliseconds. */
const CLOSING_MS = 300;
/** How often to try to open files that another daemon is about to close, in milliseconds. */
const RETRY_MS = 50;

/** Options of {@linkcode LogWriter.open}. */
export interface LogWriterOptions {
  /** The path of the newest file. */
  readonly path: string;
  /** Whether its directory is that of the daemon's logs, which is created and checked. */
  readonly ownsDirectory: boolean;
  /** How long to wait for another daemon that is about to close the log, in milliseconds; output waits meanwhile. */
  readonly patienceMs: number;
  /** Called when writing begins to fail, and when it works again. */
  readonly onTrouble: (text: string) => void;
  /** The source of time. */
  readonly clock: Clock;
}

/** Writes one log. */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #patientUntil: number;
  #pair: LogPair | undefined;
  #position = START;
  readonly #queue: Item[] = [];
  #pendingBytes = 0;
  #room: PromiseWithResolvers<void> | undefined;
  #writing: Promise<void> | undefined;
  readonly #missing = new Map<string, Missing>();
  #isFailing = false;
  #nextOpenAt = 0;
  #nextCheckAt = 0;

  private constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#patientUntil = options.clock.elapsed() + options.patienceMs;
  }

  /**
   * Opens a log.
   *
   * @throws {LogError} If it cannot be opened.
   */
  static async open(options: LogWriterOptions): Promise<LogWriter> {
    const { clock, path, patienceMs } = options;
    const writer = new LogWriter(options);
    const end = clock.elapsed() + CLOSING_MS;
    for (;;) {
      try {
        await writer.#open();
        return writer;
      } catch (error) {
        if (!(error instanceof LogInUseError)) throw toLogError(path, error);
        if (patienceMs > 0) return writer;
        if (clock.elapsed() >= end) throw error;
        await pause(RETRY_MS, clock);
      }
    }
  }

  /**
   * Takes a frame; see `OutputLog.write`.
   *
   * @param isHurried Whether the process does not wait: what does not fit is dropped.
   */
  write(run: string, stream: StreamName, seq: number, data: Uint8Array, time: number, isHurried: boolean): void {
    if (isHurried && this.#pendingBytes >= 2 * MAX_PENDING_BYTES) return this.#noteMissing(run, seq, data.length);
    this.#add({ kind: stream, run, seq, data: data.slice(), time });
  }

  /** Notes that a process was started. */
  noteStart(run: string, pid: number, time: number): void {
    this.#add({ kind: "start", run, pid, time });
  }

  /** Notes that a process has ended. */
  noteExit(run: string, exit: ProcessExit, time: number): void {
    this.#add({ kind: "exit", run, exit, time });
  }

  /** Settles when more may be written; `undefined` if that is now. */
  wait(): Promise<void> | undefined {
    if (this.#pendingBytes < MAX_PENDING_BYTES) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** Lets nothing wait that waits now. */
  makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** Writes what is left and closes the files. */
  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    this.#pair?.[Symbol.dispose]();
    this.#pair = undefined;
  }

  #add(item: Item): void {
    this.#queue.push(item);
    this.#pendingBytes += costOf(item);
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve(); // what arrives in the same turn is written together
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#prepare(batch);
        await this.#writeBatch(batch);
        this.#noteSuccess();
      } catch (error) {
        this.#noteFailure(batch, error);
      }
      for (const item of batch) this.#pendingBytes -= costOf(item);
      if (this.#pendingBytes < MAX_PENDING_BYTES / 2) this.makeRoom();
    }
  }

  #takeBatch(): Item[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && bytes < BATCH_BYTES) bytes += costOf(this.#queue[count++]!);
    return this.#queue.splice(0, count);
  }

  /** Has the files open, at their paths, and not too large for more. */
  async #prepare(batch: readonly Item[]): Promise<void> {
    const { clock } = this.#options;
    if (this.#pair !== undefined && clock.elapsed() >= this.#nextCheckAt) {
      if (!await this.#pair.isInPlace()) this.#closePair();
      this.#nextCheckAt = clock.elapsed() + CHECK_MS;
    }
    if (this.#pair === undefined) await this.#openPatiently();
    const bytes = batch.reduce((sum, item) => sum + (dataOf(item)?.length ?? 0), 0);
    const { size = 0, timesSize = 0 } = this.#pair ?? {};
    if (size === 0 || (size + bytes <= MAX_FILE_BYTES && timesSize <= MAX_FILE_BYTES)) return;
    await this.#pair?.rotate();
    this.#closePair();
    await this.#open();
  }

  async #openPatiently(): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      if (clock.elapsed() < this.#nextOpenAt) throw new Deno.errors.NotFound("the log is not open");
      try {
        return await this.#open();
      } catch (error) {
        if (!(error instanceof LogInUseError) || clock.elapsed() > this.#patientUntil) {
          this.#nextOpenAt = clock.elapsed() + REOPEN_MS;
          throw error;
        }
        await pause(RETRY_MS, clock);
      }
    }
  }

  async #open(): Promise<void> {
    const { path, ownsDirectory, clock } = this.#options;
    this.#pair = await LogPair.open(path, ownsDirectory);
    this.#position = START;
    this.#nextCheckAt = clock.elapsed() + CHECK_MS;
  }

  #closePair(): void {
    this.#pair?.[Symbol.dispose]();
    this.#pair = undefined;
  }

  async #writeBatch(batch: readonly Item[]): Promise<void> {
    const pair = this.#pair;
    if (pair === undefined) throw new Deno.errors.NotFound("the log is not open");
    const { lines, position, told } = formatBatch(batch, this.#position, pair.size, this.#missing);
    await pair.append(concat(batch.flatMap((item) => dataOf(item) ?? [])), lines);
    this.#position = position;
    for (const [run, missing] of told) if (this.#missing.get(run) === missing) this.#missing.delete(run);
  }

  #noteMissing(run: string, seq: number, length: number): void {
    const { seq: first = seq, length: bytes = 0, frames = 0 } = this.#missing.get(run) ?? {};
    this.#missing.set(run, { seq: first, length: bytes + length, frames: frames + 1 });
  }

  #noteSuccess(): void {
    if (this.#isFailing) this.#options.onTrouble(`${this.#options.path}: the log goes on`);
    this.#isFailing = false;
  }

  #noteFailure(batch: readonly Item[], error: unknown): void {
    for (const item of batch) {
      if (item.kind === "stdout" || item.kind === "stderr") this.#noteMissing(item.run, item.seq, item.data.length);
    }
    if (!this.#isFailing) {
      this.#options.onTrouble(`output is missing in a log: ${toLogError(this.#options.path, error).message}`);
    }
    this.#isFailing = true;
    // After a failure it is not certain what is in the files: they are opened, and repaired if need be.
    this.#closePair();
  }
}

function pause(ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
