/**
 * Prints the output of a process as `claustrum logs` is asked to: some streams, the last lines, from a time on, with
 * the time before each line.
 *
 * @module
 */

import type { StreamName } from "../process/frame_codec.ts";
import { concat, writeAll } from "../system/io.ts";
import { hasNoReader, printMessage, toWriteError } from "./print.ts";
import type { OutputEvent, OutputPiece } from "./process_output.ts";
import { formatBytes } from "./progress_bar.ts";

const NEWLINE = 0x0a;
const ENCODER = new TextEncoder();

/** Options of {@linkcode OutputPrinter}. */
export interface OutputPrinterOptions {
  /** The streams that are printed. */
  readonly streams: readonly StreamName[];
  /** How many lines of what there was at the start are printed; all if absent. */
  readonly tail: number | undefined;
  /** The time before which nothing is printed, in milliseconds since the epoch. @default {none} */
  readonly since: number | undefined;
  /** Whether each line begins with its time. */
  readonly hasTimestamps: boolean;
}

/** Prints the output of a process. */
export class OutputPrinter {
  readonly #options: OutputPrinterOptions;
  readonly #lines: LastLines | undefined;
  readonly #isWithinLine = { stdout: false, stderr: false };
  #isCaughtUp = false;

  /** Creates a printer that has printed nothing. */
  constructor(options: OutputPrinterOptions) {
    this.#options = options;
    this.#lines = options.tail === undefined ? undefined : new LastLines(options.tail);
  }

  /** Prints a piece of output, or keeps it until it is known which lines are the last ones. */
  async print(event: OutputEvent): Promise<void> {
    if (event.kind === "caughtUp") {
      this.#isCaughtUp = true;
      for (const piece of this.#lines?.take() ?? []) await this.#write(piece);
    } else if (this.#isWanted(event)) {
      if (event.kind === "missing") this.#noteMissing(event.length);
      else if (this.#lines === undefined || this.#isCaughtUp) await this.#write(event);
      else this.#lines.add(event);
    }
  }

  #isWanted({ kind, time }: Exclude<OutputEvent, { kind: "caughtUp" }>): boolean {
    const { streams, since } = this.#options;
    if (since !== undefined && (time === undefined || time < since)) return false;
    return kind === "missing" || streams.includes(kind);
  }

  #noteMissing(length: number): void {
    printMessage(`${formatBytes(length)} are missing here: they could not be written to the log`);
  }

  async #write({ kind, data, time }: OutputPiece): Promise<void> {
    const output = this.#options.hasTimestamps ? this.#stamp(kind, data, time) : data;
    try {
      await writeAll(kind === "stdout" ? Deno.stdout : Deno.stderr, output);
    } catch (error) {
      throw hasNoReader(error) ? error : toWriteError(kind, error);
    }
  }

  /** Writes the time before each line that begins in the data. */
  #stamp(stream: StreamName, data: Uint8Array, time: number | undefined): Uint8Array {
    const stamp = ENCODER.encode(`${time === undefined ? "-" : new Date(time).toISOString()} `);
    const parts: Uint8Array[] = [];
    for (let start = 0; start < data.length;) {
      const end = data.indexOf(NEWLINE, start) + 1 || data.length;
      if (!this.#isWithinLine[stream]) parts.push(stamp);
      parts.push(data.subarray(start, end));
      this.#isWithinLine[stream] = data[end - 1] !== NEWLINE;
      start = end;
    }
    return concat(parts);
  }
}

/** Keeps the pieces that contain the last lines of both streams together. */
class LastLines {
  readonly #wanted: number;
  #pieces: { readonly piece: OutputPiece; readonly newlines: number }[] = [];
  /** The index of the first piece that may be needed; those before are removed now and then. */
  #first = 0;
  #newlines = 0;

  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  add(piece: OutputPiece): void {
    const newlines = countNewlines(piece.data);
    this.#pieces.push({ piece, newlines });
    this.#newlines += newlines;
    for (let oldest = this.#pieces[this.#first]; oldest !== undefined; oldest = this.#pieces[this.#first]) {
      if (this.#newlines - oldest.newlines <= this.#wanted) break;
      this.#newlines -= oldest.newlines;
      this.#first++;
    }
    if (this.#first < this.#pieces.length / 2) return;
    this.#pieces = this.#pieces.slice(this.#first);
    this.#first = 0;
  }

  take(): OutputPiece[] {
    const pieces = this.#pieces.slice(this.#first).map(({ piece }) => piece);
    this.#pieces = [];
    return lastLines(pieces, this.#wanted);
  }
}

function countNewlines(data: Uint8Array): number {
  let count = 0;
  for (let at = data.indexOf(NEWLINE); at >= 0; at = data.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** Returns the pieces of output that contain the last lines of both streams together. */
function lastLines<T extends { readonly data: Uint8Array }>(pieces: readonly T[], lines: number): T[] {
  if (lines === 0) return [];
  let missing = lines;
  // A newline at the very end terminates the last line and does not start another one.
  let end = pieces.at(-1)?.data.at(-1) === NEWLINE ? -1 : 0;
  for (let i = pieces.length - 1; i >= 0; i--) {
    const { data } = pieces[i]!;
    for (let at = data.length - 1 + end; at >= 0; at--) {
      if (data[at] !== NEWLINE || --missing > 0) continue;
      return [{ ...pieces[i]!, data: data.subarray(at + 1) }, ...pieces.slice(i + 1)];
    }
    end = 0;
  }
  return [...pieces];
}
