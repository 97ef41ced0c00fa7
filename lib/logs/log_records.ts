/**
 * Which log belongs to which id: a small record for each id, in the directory of logs beside the daemon's socket. It
 * outlives the daemon.
 *
 * @module
 */

import { isMissing } from "../system/errno.ts";
import { removeIfThere, writePrivateFile } from "../system/private_files.ts";
import { readRegularFile } from "../system/regular_file.ts";
import { prepareLogDirectory } from "./log_directory.ts";
import { nameForId } from "./log_names.ts";

/** The largest record that is read, in bytes: a path and an id, which may have escapes. */
const MAX_BYTES = 1 << 20;
const SUFFIX = ".json";
/** How many earlier logs that clients have chosen a record has at most: each process of an id may choose another one. */
const MAX_CHOSEN = 50;

/** Where a log is. */
export interface LogFile {
  /** The path of the newest file of the log. */
  readonly file: string;
  /** Whether a client has chosen the path: the file belongs to the user then. */
  readonly isChosen: boolean;
}

/** The log of an id: the one that its newest process writes to. */
export interface LogRecord extends LogFile {
  /** The id of the process. */
  readonly id: string;
  /** The logs elsewhere that processes with the id have written to before, the oldest first. */
  readonly earlier: readonly LogFile[];
}

/**
 * Returns the directory of a daemon's logs and of their records.
 *
 * @param directory The directory of the daemon's socket.
 */
export function logDirectoryOf(directory: string): string {
  return `${directory}/logs`;
}

/**
 * Returns the record of an id after a process with it has opened a log.
 *
 * @param known What was recorded before.
 * @param open The log that is open now.
 */
export function withOpenLog(id: string, known: LogRecord | undefined, open: LogFile): LogRecord {
  const logs = known === undefined ? [] : [...known.earlier, { file: known.file, isChosen: known.isChosen }];
  const { isChosen } = logs.find(({ file }) => file === open.file) ?? open;
  const others = logs.filter(({ file }) => file !== open.file);
  const dropped = others.filter((log) => log.isChosen).slice(0, -MAX_CHOSEN);
  return { id, file: open.file, isChosen, earlier: others.filter((log) => !dropped.includes(log)) };
}

/** Returns the record of an id; `undefined` if there is none. */
export async function readLogRecord(directory: string, id: string): Promise<LogRecord | undefined> {
  const record = await readRecord(await recordPath(directory, id));
  return record?.id === id ? record : undefined;
}

/** Writes the record of an id. */
export async function writeLogRecord(directory: string, record: LogRecord): Promise<void> {
  await prepareLogDirectory(directory);
  await writePrivateFile(await recordPath(directory, record.id), JSON.stringify(record) + "\n");
}

/** Removes the record of an id, if there is one. */
export async function removeLogRecord(directory: string, id: string): Promise<void> {
  await removeIfThere(await recordPath(directory, id));
}

/** Returns all records of a directory. */
export async function listLogRecords(directory: string): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(directory)) {
      const record = isFile && name.endsWith(SUFFIX) ? await readRecord(`${directory}/${name}`) : undefined;
      if (record !== undefined) records.push(record);
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return records;
}

async function recordPath(directory: string, id: string): Promise<string> {
  return `${directory}/${await nameForId(id)}${SUFFIX}`;
}

async function readRecord(path: string): Promise<LogRecord | undefined> {
  try {
    const bytes = await readRegularFile(path, MAX_BYTES);
    return bytes === undefined ? undefined : parseRecord(new TextDecoder().decode(bytes));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function parseRecord(text: string): LogRecord | undefined {
  try {
    const { id, earlier, ...log } = JSON.parse(text) as Partial<LogRecord>;
    const [newest] = logFiles([log]);
    if (typeof id !== "string" || newest === undefined) return undefined;
    // A daemon of an earlier version has recorded one log only.
    return { id, ...newest, earlier: Array.isArray(earlier) ? logFiles(earlier) : [] };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined; // someone else's file
    throw error;
  }
}

function logFiles(logs: readonly Partial<LogFile>[]): LogFile[] {
  return logs.flatMap(({ file, isChosen }) => typeof file === "string" ? [{ file, isChosen: isChosen === true }] : []);
}
