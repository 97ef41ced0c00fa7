/**
 * The masked log of an instance: files that follow each other, each named by where it begins in the whole log.
 *
 * @module
 */

import { removeIfThere } from "../system/private_files.ts";
import type { InstanceLog } from "./types.ts";

/** The size at which another file is begun, in bytes. */
const FILE_BYTES = 10 << 20;
/** How many files are kept besides the one that is written. */
const KEPT_FILES = 5;
/** How long files are kept, in milliseconds: 30 days. */
export const KEPT_MS = 30 * 86_400_000;
/** How much is returned at once by default, and at most, in bytes. */
const [READ_BYTES, MAX_READ_BYTES] = [64 << 10, 1 << 20];
/** A line is never longer, in bytes: one that is read has 64 KiB, and no byte of it becomes more than three. */
const MAX_LINE_BYTES = 256 << 10;

const NEWLINE = 0x0a;
const NAME = /^masked-(\d+)\.log$/;

/** A file of the log. */
interface Segment {
  readonly start: number;
  size: number;
}

/** Which part of a log to read. */
export interface LogRange {
  /** Where it begins, in bytes. @default {so far before the end as it is long} */
  readonly offset?: number | undefined;
  /** How much of it, in bytes. @default {65536} */
  readonly bytes?: number | undefined;
}

/** A log that only grows at its end, and loses its oldest lines. */
export class MaskedLog {
  readonly #directory: string;
  /** The oldest first; never empty. */
  readonly #segments: Segment[];

  private constructor(directory: string, segments: Segment[]) {
    this.#directory = directory;
    this.#segments = segments;
  }

  /**
   * Opens the log in a directory; makes one if there is none.
   *
   * @param now The time, in milliseconds since the epoch: files that have not been written for 30 days are removed.
   */
  static async open(directory: string, now: number): Promise<MaskedLog> {
    const segments: Segment[] = [];
    for (const name of await namesIn(directory)) {
      const start = NAME.exec(name)?.[1];
      if (start === undefined) continue;
      const { size, mtime } = await Deno.stat(`${directory}/${name}`);
      if (now - (mtime?.getTime() ?? now) > KEPT_MS) await removeIfThere(`${directory}/${name}`);
      else segments.push({ start: Number(start), size });
    }
    segments.sort((a, b) => a.start - b.start);
    return new MaskedLog(directory, segments.length === 0 ? [{ start: 0, size: 0 }] : segments);
  }

  /** Where the log ends, in bytes. */
  get end(): number {
    const { start, size } = this.#last;
    return start + size;
  }

  get #last(): Segment {
    return this.#segments.at(-1)!;
  }

  /** Adds whole lines. Calls must not overlap. */
  async append(lines: Uint8Array): Promise<void> {
    const segment = this.#last;
    await Deno.writeFile(this.#path(segment), lines, { append: true, create: true, mode: 0o600 });
    segment.size += lines.length;
    if (segment.size < FILE_BYTES) return;
    this.#segments.push({ start: this.end, size: 0 });
    while (this.#segments.length > KEPT_FILES + 1) await removeIfThere(this.#path(this.#segments.shift()!));
  }

  /** Returns whole lines. */
  async read({ offset, bytes = READ_BYTES }: LogRange = {}): Promise<InstanceLog> {
    const wanted = Math.min(Math.max(bytes, 1), MAX_READ_BYTES);
    const end = this.end;
    const isTail = offset === undefined;
    const from = Math.min(Math.max(offset ?? end - wanted, this.#segments[0]!.start), end);
    const segment = this.#segments.findLast(({ start }) => start <= from) ?? this.#last;
    const first = isTail && from > segment.start ? await this.#nextLine(segment, from) : from;
    const data = await this.#readAt(segment, first, wanted);
    const at = first + data.length;
    // The end of the log may be in the next files.
    if (!isTail || at >= end || at < segment.start + segment.size) return toLog(first, data);
    const rest = await this.read({ offset: at, bytes: end - at });
    return { text: toLog(first, data).text + rest.text, offset: first, end: rest.end };
  }

  /** Where the first line begins that begins at or after a position. */
  async #nextLine(segment: Segment, from: number): Promise<number> {
    const data = await this.#readBytes(segment, from - 1, MAX_LINE_BYTES);
    const newline = data.indexOf(NEWLINE);
    return newline < 0 ? segment.start + segment.size : from + newline;
  }

  /** Reads whole lines, at least one if there is one. */
  async #readAt(segment: Segment, from: number, wanted: number): Promise<Uint8Array> {
    const data = await this.#readBytes(segment, from, wanted);
    const last = data.lastIndexOf(NEWLINE);
    if (last >= 0 || data.length < wanted) return data.subarray(0, last + 1);
    const more = await this.#readBytes(segment, from, wanted + MAX_LINE_BYTES);
    return more.subarray(0, more.indexOf(NEWLINE) + 1);
  }

  async #readBytes(segment: Segment, from: number, length: number): Promise<Uint8Array> {
    const most = Math.min(length, segment.start + segment.size - from);
    if (most <= 0) return new Uint8Array(0);
    try {
      using file = await Deno.open(this.#path(segment));
      await file.seek(from - segment.start, Deno.SeekMode.Start);
      const buffer = new Uint8Array(most);
      let size = 0;
      for (let read: number | null = 0; size < most && read !== null; size += read ?? 0) {
        read = await file.read(buffer.subarray(size));
      }
      return buffer.subarray(0, size);
    } catch (error) {
      // It has become too old in the meantime.
      if (error instanceof Deno.errors.NotFound) return new Uint8Array(0);
      throw error;
    }
  }

  #path({ start }: Segment): string {
    return `${this.#directory}/masked-${start}.log`;
  }
}

function toLog(offset: number, data: Uint8Array): InstanceLog {
  return { text: new TextDecoder().decode(data), offset, end: offset + data.length };
}

/** Returns the names in a directory; none if it is not there. */
export async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
