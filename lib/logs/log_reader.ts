/**
 * Reads a log while it may be written and rotated: all files are opened first, and what they contain by then is read,
 * the oldest first.
 *
 * @module
 */

import type { StreamName } from "../process/frame_codec.ts";
import { isMissing } from "../system/errno.ts";
import { concat } from "../system/io.ts";
import { type RegularFile, tryOpenRegularFile } from "../system/regular_file.ts";
import { identityOf, lstatIfThere } from "./log_directory.ts";
import { allFiles, logFile, MAX_FILES, timesFile } from "./log_names.ts";
import { parseEntry, type TimesEntry } from "./log_times.ts";

/** How often to open the files again if they are rotated meanwhile. */
const ATTEMPTS = 50;
const READ_BYTES = 256 << 10;
const NEWLINE = 0x0a;

/** A piece of output in a log, or a gap. */
export type LogPiece =
  & {
    /** When it came, in milliseconds since the epoch. */
    readonly time: number;
    /** What the log calls the process; `undefined` if it is not known. */
    readonly run: string | undefined;
  }
  & (
    | { readonly kind: StreamName; readonly seq: number | undefined; readonly data: Uint8Array }
    | { readonly kind: "missing"; readonly seq: number; readonly length: number }
  );

/** How a log is read. */
export interface ReadLogOptions {
  /** Whether bytes that the times do not describe yet are left out, because they are just being written. */
  readonly isWritten: boolean;
}

/** A file of a log with its times. */
interface OpenPair {
  readonly log: RegularFile;
  readonly times: RegularFile | undefined;
  /** When the file was last changed, in milliseconds since the epoch. */
  readonly changedAt: number;
}

/**
 * Yields the pieces of a log, the oldest first; none if there is no log.
 *
 * @param path The path of the newest file.
 * @throws {Error} If a file cannot be read.
 */
export async function* readLog(path: string, { isWritten }: ReadLogOptions): AsyncGenerator<LogPiece> {
  await using opened = new AsyncDisposableStack();
  const pairs = await openAll(path, opened);
  for (const [i, pair] of pairs.entries()) yield* readPair(pair, isWritten && i === pairs.length - 1);
}

/** Opens all files of a log as they were at one instant. */
async function openAll(path: string, opened: AsyncDisposableStack): Promise<OpenPair[]> {
  for (let attempt = 1;; attempt++) {
    await using opening = new AsyncDisposableStack();
    const before = await identities(path);
    const pairs: OpenPair[] = [];
    for (let age = MAX_FILES - 1; age >= 0; age--) {
      // The times first: they never describe more than the file contains when it is opened afterwards.
      const times = await openIfThere(timesFile(path, age));
      if (times !== undefined) opening.use(times);
      const log = await openIfThere(logFile(path, age));
      if (log === undefined) continue;
      opening.use(log);
      const changed = (await lstatIfThere(logFile(path, age)))?.mtime ?? undefined;
      pairs.push({ log, times, changedAt: changed?.getTime() ?? 0 });
    }
    if (attempt < ATTEMPTS && await identities(path) !== before) continue;
    opened.use(opening.move());
    return pairs;
  }
}

async function identities(path: string): Promise<string> {
  const infos = await Promise.all(allFiles(path).map(lstatIfThere));
  return infos.map((info) => info === undefined ? "-" : identityOf(info)).join(" ");
}

async function openIfThere(path: string): Promise<RegularFile | undefined> {
  try {
    return await tryOpenRegularFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function* readPair({ log, times, changedAt }: OpenPair, isWritten: boolean): AsyncGenerator<LogPiece> {
  const bytes = new BytesReader(log);
  let run: string | undefined;
  let seq: number | undefined;
  let time: number | undefined;
  for await (const entry of times === undefined ? [] : readEntries(times)) {
    if (entry.kind === "run") {
      ({ run, seq, time } = entry);
      continue;
    }
    if (entry.kind === "unknown") {
      yield* readUnknown(bytes, entry.length, run, time ?? changedAt);
      continue;
    }
    time = (time ?? changedAt) + entry.delta;
    if (entry.kind === "missing") {
      yield { kind: "missing", run, seq: seq ?? 0, time, length: entry.length };
      if (seq !== undefined) seq += entry.frames;
    } else if (entry.kind === "stdout" || entry.kind === "stderr") {
      const data = await bytes.take(entry.length);
      if (data.length > 0) yield { kind: entry.kind, run, seq, time, data };
      if (seq !== undefined) seq++;
    }
  }
  if (!isWritten) yield* readUnknown(bytes, Infinity, run, time ?? changedAt);
}

/** Reads bytes whose stream is not known; they are shown as stdout. */
async function* readUnknown(
  bytes: BytesReader,
  length: number,
  run: string | undefined,
  time: number,
): AsyncGenerator<LogPiece> {
  for (let left = length; left > 0;) {
    const data = await bytes.take(Math.min(left, READ_BYTES));
    if (data.length === 0) return;
    yield { kind: "stdout", run, seq: undefined, time, data };
    left -= data.length;
  }
}

/** Yields the whole entries of the times, as far as they were written when they were opened; others are skipped. */
async function* readEntries(times: RegularFile): AsyncGenerator<TimesEntry> {
  const bytes = new BytesReader(times);
  const decoder = new TextDecoder();
  let rest: Uint8Array = new Uint8Array();
  for (let next = await bytes.take(READ_BYTES); next.length > 0; next = await bytes.take(READ_BYTES)) {
    const all = concat([rest, next]);
    const end = all.lastIndexOf(NEWLINE) + 1;
    for (const line of decoder.decode(all.subarray(0, end)).split("\n")) {
      const entry = parseEntry(line);
      if (entry !== undefined) yield entry;
    }
    rest = all.subarray(end);
  }
}

/** Takes bytes from a file, in order. */
class BytesReader {
  readonly #file: RegularFile;
  #buffer: Uint8Array = new Uint8Array();
  #left: number;

  constructor(file: RegularFile) {
    this.#file = file;
    this.#left = file.size;
  }

  /** Takes the next bytes; fewer at the end of what the file contained when it was opened. */
  async take(length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let missing = length;
    while (missing > 0 && await this.#fill()) {
      const part = this.#buffer.subarray(0, missing);
      this.#buffer = this.#buffer.subarray(part.length);
      parts.push(part);
      missing -= part.length;
    }
    return parts.length === 1 ? parts[0]! : concat(parts);
  }

  async #fill(): Promise<boolean> {
    if (this.#buffer.length > 0) return true;
    if (this.#left <= 0) return false;
    const buffer = new Uint8Array(Math.min(READ_BYTES, this.#left));
    const n = await this.#file.read(buffer);
    if (n === null) {
      this.#left = 0;
      return false;
    }
    this.#left -= n;
    this.#buffer = buffer.subarray(0, n);
    return true;
  }
}
