/**
 * The output of a process: first what only its log still has, then what the daemon's replay buffer has, then new
 * output. Each byte comes once.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { ProcessLostError } from "../client/errors.ts";
import { type LogPiece, readLog } from "../logs/log_reader.ts";
import type { LogRecord } from "../logs/log_records.ts";
import type { StreamName } from "../process/frame_codec.ts";
import type { ListedProcess } from "./process_text.ts";

/** A piece of output. */
export interface OutputPiece {
  /** The stream that it was read from. */
  readonly kind: StreamName;
  /** The output. */
  readonly data: Uint8Array;
  /** When it came, in milliseconds since the epoch; `undefined` if that is not known. */
  readonly time: number | undefined;
}

/** What {@linkcode processOutput} yields. */
export type OutputEvent =
  | OutputPiece
  /** Output that the log could not take, of so many bytes. */
  | { readonly kind: "missing"; readonly length: number; readonly time: number }
  /** All that there was at the start has been yielded. */
  | { readonly kind: "caughtUp" };

/** Options of {@linkcode processOutput}. */
export interface ProcessOutputOptions {
  /** The paths of the logs that earlier processes with its id have written to, the oldest first. */
  readonly earlier: readonly string[];
  /** Whether to go on with new output, also of a process that replaces this one. */
  readonly follows: boolean;
  /** Whether to ask the daemon for the times of its frames. */
  readonly times: boolean;
}

/**
 * Yields the output of a process.
 *
 * @throws {ProcessLostError} If the daemon forgets the process while it is followed.
 */
export async function* processOutput(
  client: Client,
  process: ListedProcess,
  options: ProcessOutputOptions,
): AsyncGenerator<OutputEvent> {
  let lastSeq = 0;
  for (const file of options.earlier) yield* readLog(file, { isWritten: false });
  for await (const piece of logBefore(process)) {
    if (piece.run === process.logRun && piece.seq !== undefined) lastSeq = piece.seq;
    yield piece;
  }
  let isCaughtUp = false;
  for (let current: ListedProcess | undefined = process; current !== undefined; lastSeq = 0) {
    try {
      for await (const event of bufferedOutput(client, current, lastSeq, options)) {
        if (event.kind !== "caughtUp" || !isCaughtUp) yield event;
        isCaughtUp ||= event.kind === "caughtUp";
      }
      return;
    } catch (error) {
      if (!(error instanceof ProcessLostError) || !options.follows) throw error;
      current = await successorOf(client, current);
      if (current === undefined) throw error;
    }
  }
}

/** Yields all output in the logs of an id that the daemon has no process of. */
export async function* loggedOutput({ file, earlier }: LogRecord): AsyncGenerator<OutputEvent> {
  for (const log of [...earlier, { file }]) yield* readLog(log.file, { isWritten: false });
  yield { kind: "caughtUp" };
}

/** Yields what the log has and the replay buffer has not: earlier processes with the id, and frames that are dropped. */
async function* logBefore(process: ListedProcess): AsyncGenerator<LogPiece> {
  const { log, logRun, firstSeq, lastSeq, running } = process;
  if (log === undefined) return;
  // The last frame of a process that has ended is its exit, which the log does not have as a frame.
  const [first, last] = [firstSeq, running ? Infinity : lastSeq - 1];
  const isBuffered = ({ run, seq }: LogPiece) =>
    run === logRun && seq !== undefined && firstSeq > 0 && seq >= first && seq <= last;
  for await (const piece of readLog(log, { isWritten: running || first <= last })) {
    if (!isBuffered(piece)) yield piece;
  }
}

async function* bufferedOutput(
  client: Client,
  process: ListedProcess,
  afterSeq: number,
  { follows, times }: ProcessOutputOptions,
): AsyncGenerator<OutputEvent> {
  const { id, lastSeq } = process;
  let last = afterSeq;
  if (last >= lastSeq) yield { kind: "caughtUp" };
  if (last >= lastSeq && !follows) return;
  // Frames that the buffer has dropped are in the log, or else lost; neither is an error here.
  for await (const frame of client.frames(id, { observe: true, times, fromSeq: last, onGap: () => {} })) {
    if (frame.seq > last + 1) yield* logBetween(process, last, frame.seq);
    if (frame.stream !== "exit") yield { kind: frame.stream, data: frame.data, time: frame.time };
    if (last < lastSeq && frame.seq >= lastSeq) yield { kind: "caughtUp" };
    last = frame.seq;
    if (last >= lastSeq && !follows) return;
  }
}

/** Yields the frames between two others, as far as the log has them. */
async function* logBetween({ log, logRun }: ListedProcess, after: number, before: number): AsyncGenerator<LogPiece> {
  if (log === undefined) return;
  for await (const piece of readLog(log, { isWritten: true })) {
    const { run, seq } = piece;
    if (run === logRun && seq !== undefined && seq > after && seq < before) yield piece;
  }
}

/** Returns the process that has taken the id of another one. */
async function successorOf(client: Client, { id, pid, startTime }: ListedProcess): Promise<ListedProcess | undefined> {
  const { processes } = await client.call("process.list");
  return processes.find((process) => process.id === id && (process.pid !== pid || process.startTime !== startTime));
}
