/**
 * What is written to a log at once: output of one or several processes, and the entries that describe it.
 *
 * @module
 */

import type { ProcessExit, StreamName } from "../process/frame_codec.ts";
import { formatEntry } from "./log_times.ts";

/** How much memory a frame takes in addition to its output, in bytes. */
const FRAME_BYTES = 256;
/** How many entries follow a `run` entry at most, so that the end of the times can be read alone. */
const MAX_ENTRIES = 500;

/** Something to write. */
export type Item =
  & { readonly run: string; readonly time: number }
  & (
    | { readonly kind: StreamName; readonly seq: number; readonly data: Uint8Array }
    | { readonly kind: "start"; readonly pid: number }
    | { readonly kind: "exit"; readonly exit: ProcessExit }
  );

/** Output that could not be written. */
export interface Missing {
  readonly seq: number;
  readonly length: number;
  readonly frames: number;
}

/** What the last entry says, on which the next one builds. */
export interface Position {
  readonly run: string | undefined;
  readonly seq: number;
  readonly time: number;
  /** How many entries may follow before the next `run` entry. */
  readonly left: number;
}

/** The position in files that have just been opened. */
export const START: Position = { run: undefined, seq: 0, time: 0, left: 0 };

/** A batch as it is appended to the times. */
export interface FormattedBatch {
  /** The entries. */
  readonly lines: string;
  /** What the last of them says. */
  readonly position: Position;
  /** The gaps that they tell of, by the name of the process. */
  readonly told: ReadonlyMap<string, Missing>;
}

/**
 * Formats the entries of a batch.
 *
 * @param from What the entry before says.
 * @param size The size of the file of the log, in bytes.
 * @param gaps What is missing so far, by the name of the process.
 */
export function formatBatch(
  batch: readonly Item[],
  from: Position,
  size: number,
  gaps: ReadonlyMap<string, Missing>,
): FormattedBatch {
  let position = from;
  let offset = size;
  const lines: string[] = [];
  const told = new Map<string, Missing>();
  const add = ({ run, time }: Item, seq: number, line: (delta: number) => string) => {
    if (position.run !== run || position.seq !== seq || position.left === 0) {
      lines.push(formatEntry({ kind: "run", run, seq, time, offset }));
      position = { run, seq, time, left: MAX_ENTRIES };
    }
    lines.push(line(time - position.time));
    position = { ...position, time, left: position.left - 1 };
  };
  for (const item of batch) {
    const { run } = item;
    const gap = told.has(run) ? undefined : gaps.get(run);
    if (gap !== undefined) {
      const { seq, length, frames } = gap;
      add(item, seq, (delta) => formatEntry({ kind: "missing", delta, length, frames }));
      position = { ...position, seq: seq + frames };
      told.set(run, gap);
    }
    if (item.kind === "start") {
      add(item, seqIn(position, run), (delta) => formatEntry({ kind: "start", delta, pid: item.pid }));
    } else if (item.kind === "exit") {
      const { code, signal = "-" } = item.exit;
      add(item, seqIn(position, run), (delta) => formatEntry({ kind: "exit", delta, code, signal }));
    } else {
      const { kind, data, seq } = item;
      add(item, seq, (delta) => formatEntry({ kind, delta, length: data.length }));
      position = { ...position, seq: seq + 1 };
      offset += data.length;
    }
  }
  return { lines: lines.join(""), position, told };
}

/** Returns the output of an item; `undefined` if it has none. */
export function dataOf(item: Item): Uint8Array | undefined {
  return item.kind === "stdout" || item.kind === "stderr" ? item.data : undefined;
}

/** How much memory an item takes, in bytes. */
export function costOf(item: Item): number {
  return FRAME_BYTES + (dataOf(item)?.length ?? 0);
}

/** The number of the next frame of a process, as far as it is known; 1 otherwise. */
function seqIn({ run, seq }: Position, wanted: string): number {
  return run === wanted ? seq : 1;
}
