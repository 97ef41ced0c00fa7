/**
 * The log of an instance: what its debug file and its error output say, masked, told to those who watch it.
 *
 * @module
 */

import type { Clock } from "../system/clock.ts";
import { concat } from "../system/io.ts";
import { DebugFile } from "./debug_file.ts";
import { LineBlocks } from "./line_blocks.ts";
import type { LogMask } from "./log_mask.ts";
import { type LogRange, MaskedLog } from "./masked_log.ts";
import type { InstanceLog } from "./types.ts";

/** How often watchers are told, in milliseconds, and how much they are told at once, in bytes. */
const [TELL_MS, MAX_TOLD_BYTES] = [250, 64 << 10];
/** How much of the error output is kept for the reason of a crash, in characters. */
const MAX_REASON = 2_000;

/** What a log needs. */
export interface InstanceLogOptions {
  /** Its directory, which is there. */
  readonly directory: string;
  /** Masks lines. */
  readonly mask: LogMask;
  /** The source of time. */
  readonly clock: Clock;
  /** Whether the debug file is emptied once it was read. */
  readonly redactOnDisk: boolean;
  /** Whether somebody watches. */
  readonly isWatched: () => boolean;
  /** Tells those who watch. */
  readonly tell: (log: InstanceLog) => void;
  /** Called with all lines as they were written, to find out what they mean. */
  readonly onLines: (lines: string) => void;
}

/** The log of an instance, whether it runs or not. */
export class InstanceLogs implements Disposable {
  readonly #options: InstanceLogOptions;
  readonly #masked: MaskedLog;
  readonly #debug: DebugFile;
  readonly #debugLines = new LineBlocks();
  readonly #errorLines = new LineBlocks();
  readonly #encoder = new TextEncoder();
  /** One thing after the other is done with the files. */
  #turn: Promise<void> = Promise.resolve();
  #errors = "";
  /** What watchers were not told yet, and where it ends. */
  #untold: Uint8Array[] = [];
  #untoldBytes = 0;
  #cancel: (() => void) | undefined;

  private constructor(options: InstanceLogOptions, masked: MaskedLog) {
    this.#options = options;
    this.#masked = masked;
    this.#debug = new DebugFile(options.directory);
  }

  /** Opens the log in a directory, and removes what is too old. */
  static async open(options: InstanceLogOptions): Promise<InstanceLogs> {
    const now = options.clock.now();
    const logs = new InstanceLogs(options, await MaskedLog.open(options.directory, now));
    await logs.#debug.prune(now);
    return logs;
  }

  /** The path of the debug file. */
  get debugPath(): string {
    return this.#debug.path;
  }

  /** The end of the error output, masked. */
  get errors(): string {
    return this.#errors.trim();
  }

  /** Prepares for another program, which begins a new debug file. */
  async begin(): Promise<void> {
    this.#errors = "";
    await this.#inTurn(() => this.#debug.begin(!this.#options.redactOnDisk));
  }

  /** Takes error output. */
  async addErrors(bytes: Uint8Array): Promise<void> {
    const lines = this.#errorLines.push(bytes);
    if (lines !== "") await this.#inTurn(() => this.#add(lines, true));
  }

  /**
   * Reads what is new in the debug file.
   *
   * @param offset How much of it was read before, in bytes.
   * @param mayEmpty Whether the file may be put aside, or emptied.
   * @returns How much of it was read now, and whether there may be more.
   */
  async readDebug(offset: number, mayEmpty: boolean): Promise<{ readonly offset: number; readonly isBehind: boolean }> {
    return await this.#inTurn(async () => {
      const read = await this.#debug.read({
        offset,
        onBytes: (bytes) => this.#add(this.#debugLines.push(bytes), false),
        onSkip: (bytes) => this.#add(`[${bytes} bytes are left out: they were written too fast]\n`, false),
      });
      if (read.isBehind || !mayEmpty) return read;
      return { ...read, offset: await this.#shrink(read.offset) };
    });
  }

  /** Takes the lines that have not ended, because the program has. */
  async end(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#add(this.#debugLines.end(), false);
      await this.#add(this.#errorLines.end(), true);
    });
    this.#tell();
  }

  /** Returns a part of the log. */
  async read(range: LogRange): Promise<InstanceLog> {
    return await this.#inTurn(() => this.#masked.read(range));
  }

  /** Tells nobody any more. */
  [Symbol.dispose](): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #shrink(offset: number): Promise<number> | number {
    return this.#options.redactOnDisk ? this.#debug.empty(offset) : this.#debug.rotate(offset);
  }

  async #add(lines: string, isErrors: boolean): Promise<void> {
    if (lines === "") return;
    const { mask, onLines } = this.#options;
    onLines(lines);
    const masked = mask.mask(lines);
    if (isErrors) this.#errors = (this.#errors + masked).slice(-MAX_REASON);
    const bytes = this.#encoder.encode(masked);
    await this.#masked.append(bytes);
    this.#noteUntold(bytes);
  }

  /** Watchers are told the newest lines a few times a second; who misses some asks for them. */
  #noteUntold(bytes: Uint8Array): void {
    if (!this.#options.isWatched()) {
      this.#untold = [];
      this.#untoldBytes = 0;
      return;
    }
    this.#untold.push(bytes);
    this.#untoldBytes += bytes.length;
    while (this.#untold.length > 1 && this.#untoldBytes - this.#untold[0]!.length >= MAX_TOLD_BYTES) {
      this.#untoldBytes -= this.#untold.shift()!.length;
    }
    this.#cancel ??= this.#options.clock.after(TELL_MS, () => this.#tell());
  }

  #tell(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const bytes = newest(this.#untold, this.#untoldBytes);
    this.#untold = [];
    this.#untoldBytes = 0;
    if (bytes.length === 0) return;
    const end = this.#masked.end;
    this.#options.tell({ text: new TextDecoder().decode(bytes), offset: end - bytes.length, end });
  }

  #inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.then(() => {}, () => {});
    return done;
  }
}

/** The whole lines at the end of what is new, as many as may be told at once. */
function newest(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const all = concat(pieces);
  if (length <= MAX_TOLD_BYTES) return all;
  const newline = all.indexOf(0x0a, length - MAX_TOLD_BYTES - 1);
  return newline < 0 ? new Uint8Array(0) : all.subarray(newline + 1);
}
