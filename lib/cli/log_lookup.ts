/**
 * Finds the logs of processes that the daemon no longer has, by their records beside the daemon's socket.
 *
 * @module
 */

import { listLogRecords, logDirectoryOf, type LogRecord, readLogRecord } from "../logs/log_records.ts";
import { daemonPaths } from "../system/paths.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { ProcessLostError } from "../client/errors.ts";
import { printMessage } from "./print.ts";
import { type ChooseOptions, chooseProcess } from "./process_lookup.ts";
import { type ListedProcess, showId } from "./process_text.ts";

/** Returns the records of all logs that belong to the daemon of a socket. */
export function logRecords(socket: string): Promise<LogRecord[]> {
  return listLogRecords(recordsOf(socket));
}

/**
 * Finds the log that a text names by its id or a unique beginning of it; returns `undefined` if there is none.
 *
 * @throws {ClaustrumError} If several ids begin with it.
 */
export function chooseLog(records: readonly LogRecord[], text: string): LogRecord | undefined {
  const exact = records.find(({ id }) => id === text);
  if (exact !== undefined || text === "") return exact;
  const found = records.filter(({ id }) => id.startsWith(text));
  if (found.length <= 1) return found[0];
  const ids = found.slice(0, 5).map(({ id }) => showId(id)).join(", ");
  throw new ClaustrumError(`the logs of ${found.length} ids begin with "${showId(text)}": ${ids}`);
}

/**
 * Finds the process, or else the log, that a text names. A whole id comes before the beginning of another one.
 *
 * @param socket The path of the daemon's socket.
 * @throws {ProcessLostError} If there is neither.
 * @throws {ClaustrumError} If several ids begin with the text.
 */
export async function chooseEither(
  processes: readonly ListedProcess[],
  socket: string,
  text: string,
  options?: ChooseOptions,
): Promise<ListedProcess | LogRecord> {
  const exact = processes.find(({ id }) => id === text) ?? await readLogRecord(recordsOf(socket), text);
  if (exact !== undefined) return exact;
  try {
    return chooseProcess(processes, text, options);
  } catch (error) {
    const record = error instanceof ProcessLostError ? chooseLog(await logRecords(socket), text) : undefined;
    if (record === undefined) throw error;
    if (options?.isTold) printMessage(`"${showId(text)}" is the log of "${showId(record.id)}"`);
    return record;
  }
}

/** Returns the paths of the logs elsewhere that a logged process's id had before, the oldest first. */
export async function earlierLogs(socket: string, { id, log }: ListedProcess): Promise<readonly string[]> {
  const record = log === undefined ? undefined : await readLogRecord(recordsOf(socket), id);
  return record === undefined ? [] : [...record.earlier, record].map(({ file }) => file).filter((file) => file !== log);
}

function recordsOf(socket: string): string {
  return logDirectoryOf(daemonPaths(socket).directory);
}
