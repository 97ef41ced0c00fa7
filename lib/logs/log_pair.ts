/**
 * The newest file of a log with its times, open for appending and locked. Both are always written together: what the
 * times do not describe is cut off again after a failure, and described as unknown after a crash.
 *
 * @module
 */

import { writeAll } from "../system/io.ts";
import { removeIfThere } from "../system/private_files.ts";
import {
  type AppendedFile,
  directoryOf,
  identityOf,
  lstatIfThere,
  openForAppending,
  prepareLogDirectory,
} from "./log_directory.ts";
import { LogInUseError } from "./log_error.ts";
import { logFile, MAX_FILES, timesFile } from "./log_names.ts";
import { formatEntry, lengthOf, parseEntry } from "./log_times.ts";

/** How much of the times is read to find their end, in bytes. A `run` entry comes at least every few KiB. */
const TAIL_BYTES = 256 << 10;
const NEWLINE = 0x0a;
const ENCODER = new TextEncoder();

/** The two newest files of a log. */
export class LogPair implements Disposable {
  readonly #path: string;
  readonly #log: AppendedFile;
  readonly #times: AppendedFile;
  #size = 0;
  #timesSize = 0;

  /** Use {@linkcode LogPair.open}. */
  private constructor(path: string, log: AppendedFile, times: AppendedFile) {
    [this.#path, this.#log, this.#times] = [path, log, times];
  }

  /**
   * Opens the files, and repairs them if a crash has left them different.
   *
   * @param path The path of the log.
   * @param ownsDirectory Whether its directory is that of the daemon's logs, which is created and checked.
   * @throws {LogInUseError} If another process writes to them.
   * @throws {Error} If they cannot be opened.
   */
  static async open(path: string, ownsDirectory: boolean): Promise<LogPair> {
    if (ownsDirectory) await prepareLogDirectory(directoryOf(path));
    using opening = new DisposableStack();
    const times = await openForAppending(timesFile(path, 0));
    opening.defer(() => times.file.close());
    if (!await times.file.tryLock(true)) throw new LogInUseError(path);
    await finishRotation(path);
    const log = await openForAppending(path);
    opening.defer(() => log.file.close());
    const pair = new LogPair(path, log, times);
    await pair.#repair();
    opening.move();
    return pair;
  }

  /** The size of the file of the log, in bytes. */
  get size(): number {
    return this.#size;
  }

  /** The size of the times, in bytes. */
  get timesSize(): number {
    return this.#timesSize;
  }

  /** Whether the paths still lead to these files, and nobody else has changed their sizes. */
  async isInPlace(): Promise<boolean> {
    const [log, times] = await Promise.all([lstatIfThere(this.#path), lstatIfThere(timesFile(this.#path, 0))]);
    return log !== undefined && times !== undefined &&
      identityOf(log) === this.#log.identity && log.size === this.#size &&
      identityOf(times) === this.#times.identity && times.size === this.#timesSize;
  }

  /**
   * Appends output and the entries that describe it.
   *
   * @throws {Error} If that fails; neither is appended then.
   */
  async append(data: Uint8Array, entries: string): Promise<void> {
    const lines = ENCODER.encode(entries);
    try {
      if (data.length > 0) await writeAll(this.#log.file, data);
      await writeAll(this.#times.file, lines);
    } catch (error) {
      await this.#log.file.truncate(this.#size);
      await this.#times.file.truncate(this.#timesSize);
      throw error;
    }
    this.#size += data.length;
    this.#timesSize += lines.length;
  }

  /** Renames all files of the log, so that new ones take their places; the oldest one is replaced. */
  async rotate(): Promise<void> {
    let free = 1;
    while (free < MAX_FILES - 1 && await lstatIfThere(logFile(this.#path, free)) !== undefined) free++;
    for (let age = free - 1; age >= 0; age--) {
      await renameIfThere(logFile(this.#path, age), logFile(this.#path, age + 1));
      await renameIfThere(timesFile(this.#path, age), timesFile(this.#path, age + 1));
    }
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    this.#log.file.close();
    this.#times.file.close();
  }

  /** Makes the times describe exactly what is in the file. */
  async #repair(): Promise<void> {
    const { covered, end } = await this.#readEnd();
    this.#size = this.#log.size;
    const isPast = covered === undefined || covered > this.#size;
    this.#timesSize = isPast ? 0 : end;
    if (this.#timesSize < this.#times.size) await this.#times.file.truncate(this.#timesSize);
    const length = this.#size - (isPast ? 0 : covered);
    if (length > 0) await this.append(new Uint8Array(), formatEntry({ kind: "unknown", length }));
  }

  /** Returns how many bytes of the file the times describe, and where their last whole entry ends. */
  async #readEnd(): Promise<{ readonly covered: number | undefined; readonly end: number }> {
    const { file, size } = this.#times;
    const from = Math.max(0, size - TAIL_BYTES);
    const bytes = new Uint8Array(size - from);
    await file.seek(from, Deno.SeekMode.Start);
    let length = 0;
    for (let n = await file.read(bytes); n; n = await file.read(bytes.subarray(length))) length += n;
    let covered = from === 0 ? 0 : undefined;
    let end = from;
    for (let start = 0; start < length;) {
      const stop = bytes.indexOf(NEWLINE, start);
      if (stop < 0) break; // a crash has cut the last entry off
      const entry = parseEntry(new TextDecoder().decode(bytes.subarray(start, stop)));
      start = stop + 1;
      if (entry?.kind === "run") covered = entry.offset;
      else if (entry !== undefined && covered !== undefined) covered += lengthOf(entry);
      // Before the first whole entry may lie the rest of another one.
      else if (covered !== undefined) break;
      end = from + start;
    }
    return { covered, end };
  }
}

/** After a crash in the middle of a rotation, the times of one file have stayed behind. */
async function finishRotation(path: string): Promise<void> {
  const isThere = async (file: string) => await lstatIfThere(file) !== undefined;
  for (let age = MAX_FILES - 2; age >= 0; age--) {
    const [from, to] = [timesFile(path, age), timesFile(path, age + 1)];
    const isBehind = await isThere(from) && !await isThere(to) && await isThere(logFile(path, age + 1));
    if (!isBehind || await isThere(logFile(path, age))) continue;
    // The newest one is open and locked by now: it stays, and is emptied.
    if (age === 0) await Deno.copyFile(from, to);
    else await Deno.rename(from, to);
  }
}

/** Renames a file. If it is missing, what is in its new place would not belong to the others, and is removed. */
async function renameIfThere(from: string, to: string): Promise<void> {
  if (await lstatIfThere(from) === undefined) return await removeIfThere(to);
  await Deno.rename(from, to);
}
