/**
 * The logs of a daemon's processes. An id keeps its log over restarts of the process and of the daemon, and processes
 * that have the same id one after the other write to the same one.
 *
 * @module
 */

import type { OutputLog } from "../process/output_log.ts";
import type { Clock } from "../system/clock.ts";
import { removeIfThere } from "../system/private_files.ts";
import { describeSystemError } from "../system/errno.ts";
import { directoryOf, lstatIfThere, openForAppending } from "./log_directory.ts";
import { LogError, LogInUseError, toLogError } from "./log_error.ts";
import { allFiles, nameForId, timesFile } from "./log_names.ts";
import {
  type LogFile,
  type LogRecord,
  readLogRecord,
  removeLogRecord,
  withOpenLog,
  writeLogRecord,
} from "./log_records.ts";
import { LogWriter } from "./log_writer.ts";

/** How many names to try for the log of an id whose own name is taken. */
const MAX_NAMES = 1_000;
/** How long a retired daemon may take to close the log of a process that another one replaces, in milliseconds. */
const PATIENCE_MS = 10_000;

/** Options of {@linkcode OutputLogs}. */
export interface OutputLogsOptions {
  /** The directory of the records. */
  readonly records: string;
  /** The directory of the logs for which no path is chosen. */
  readonly directory: string;
  /** The log of the daemon. */
  readonly log: { warn(text: string): void };
  /** The source of time. */
  readonly clock: Clock;
}

/** How a log is opened. */
export interface OpenLogOptions {
  /** The absolute path of the log. @default {one in the directory of logs} */
  readonly file?: string | undefined;
  /** Whether a retired daemon may still write to it for a moment. @default {false} */
  readonly isTakenOver?: boolean;
}

/** A log that processes write to. */
interface OpenLog {
  readonly path: string;
  id: string;
  users: number;
  readonly writer: Promise<LogWriter>;
  /** Settles when it is closed; set when the last user has left it. */
  closing?: Promise<void>;
}

/** The logs of a daemon's processes. */
export class OutputLogs {
  readonly #options: OutputLogsOptions;
  /** By path. */
  readonly #open = new Map<string, OpenLog>();

  /** Creates it; nothing is opened yet. */
  constructor(options: OutputLogsOptions) {
    this.#options = options;
  }

  /**
   * Opens the log of a process that is about to be started.
   *
   * @throws {LogError} If it cannot be opened, or a process with another id writes to it.
   */
  async open(id: string, { file, isTakenOver = false }: OpenLogOptions = {}): Promise<OutputLog> {
    const patienceMs = isTakenOver ? PATIENCE_MS : 0;
    const { records } = this.#options;
    try {
      const known = await readLogRecord(records, id);
      const open = file === undefined
        ? await this.#openOwn(id, known, patienceMs)
        : await this.#acquire(file, id, directoryOf(file) === this.#options.directory, patienceMs);
      try {
        const record = withOpenLog(id, known, { file: open.path, isChosen: file !== undefined });
        await this.#record(this.#withoutOthers(record), known);
        return new ProcessLog(open, await open.writer, this.#hooks(open));
      } catch (error) {
        this.#release(open);
        throw error;
      }
    } catch (error) {
      throw toLogError(file ?? this.#options.directory, error);
    }
  }

  /**
   * Removes the log of an id, and its earlier ones.
   *
   * @returns Whether there was one.
   * @throws {LogError} If a process writes to it, or it cannot be removed.
   */
  async remove(id: string): Promise<boolean> {
    const { records } = this.#options;
    const known = await readLogRecord(records, id);
    if (known === undefined) return false;
    for (const { file, isChosen } of [known, ...this.#withoutOthers(known).earlier]) {
      const open = this.#open.get(file);
      if (open !== undefined && open.closing === undefined) throw new LogInUseError(file);
      await open?.closing;
      if (!isChosen) await removeFiles(file);
    }
    await removeLogRecord(records, id);
    return true;
  }

  /** Settles when all that was given to the logs so far is written and the logs that are not used are closed. */
  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((open) => {
      open.users = 0;
      return this.#closeUnused(open);
    }));
  }

  /** Opens a log in the directory of logs. */
  async #openOwn(id: string, known: LogRecord | undefined, patienceMs: number): Promise<OpenLog> {
    const { directory } = this.#options;
    const own = known === undefined ? undefined : [known, ...known.earlier.toReversed()]
      .find((log) => !log.isChosen && directoryOf(log.file) === directory);
    if (own !== undefined) {
      try {
        return await this.#acquire(own.file, id, true, patienceMs);
      } catch (error) {
        // A process that was renamed may have taken its log with it.
        if (!(error instanceof LogInUseError)) throw error;
      }
    }
    const name = await nameForId(id);
    for (let i = 1; i <= MAX_NAMES; i++) {
      const path = `${directory}/${name}${i === 1 ? "" : `~${i}`}.log`;
      // What is there is the log of another id, or has lost its record.
      if (this.#open.get(path)?.id === id) return await this.#acquire(path, id, true, patienceMs);
      if (this.#open.has(path) || await lstatIfThere(timesFile(path, 0)) !== undefined) continue;
      if (await lstatIfThere(path) === undefined) return await this.#acquire(path, id, true, patienceMs);
    }
    throw new LogError(`open ${directory}/${name}.log: file exists`);
  }

  async #acquire(path: string, id: string, ownsDirectory: boolean, patienceMs: number): Promise<OpenLog> {
    for (;;) {
      const open = this.#open.get(path);
      if (open === undefined) break;
      if (open.closing === undefined) {
        if (open.id !== id) throw new LogInUseError(path);
        open.users++;
        await open.writer;
        return open;
      }
      await open.closing;
    }
    const { clock, log } = this.#options;
    const writer = LogWriter.open({
      ...{ path, ownsDirectory, patienceMs, clock },
      onTrouble: (text) => log.warn(`[logs] ${text}`),
    });
    const open: OpenLog = { path, id, users: 1, writer };
    this.#open.set(path, open);
    try {
      await writer;
      return open;
    } catch (error) {
      this.#open.delete(path);
      throw error;
    }
  }

  /** Returns a record without the earlier logs that processes with another id have taken with them. */
  #withoutOthers(record: LogRecord): LogRecord {
    const isOwn = ({ file }: LogFile) => (this.#open.get(file)?.id ?? record.id) === record.id;
    return { ...record, earlier: record.earlier.filter(isOwn) };
  }

  async #record(record: LogRecord, known: LogRecord | undefined): Promise<void> {
    if (JSON.stringify(known) === JSON.stringify(record)) return;
    await writeLogRecord(this.#options.records, record);
  }

  #hooks(open: OpenLog): LogHooks {
    return {
      onClose: () => this.#release(open),
      onRename: (id) => void this.#rename(open, id),
    };
  }

  #release(open: OpenLog): void {
    open.users--;
    void this.#closeUnused(open);
  }

  #closeUnused(open: OpenLog): Promise<void> {
    if (open.users > 0) return Promise.resolve();
    open.closing ??= open.writer.then((writer) => writer.close())
      .catch((error) => this.#options.log.warn(`[logs] ${open.path}: ${describeSystemError(error)}`))
      .then(() => void this.#open.delete(open.path));
    return open.closing;
  }

  async #rename(open: OpenLog, id: string): Promise<void> {
    const { records, log } = this.#options;
    const former = open.id;
    open.id = id;
    try {
      const [known, replaced] = [await readLogRecord(records, former), await readLogRecord(records, id)];
      const { isChosen = false, earlier = [] } = known?.file === open.path ? known : {};
      const record = withOpenLog(id, replaced, { file: open.path, isChosen });
      await writeLogRecord(records, { ...record, earlier: [...record.earlier, ...earlier] });
      if (known?.file === open.path) await removeLogRecord(records, former);
    } catch (error) {
      log.warn(`[logs] ${open.path}: ${describeSystemError(error)}`);
    }
  }
}

/** Removes the files of a log, unless another daemon writes to them. Nothing is removed through a symlink. */
async function removeFiles(path: string): Promise<void> {
  if (!(await lstatIfThere(directoryOf(path)))?.isDirectory) return;
  if (await lstatIfThere(timesFile(path, 0)) !== undefined) {
    const { file } = await openForAppending(timesFile(path, 0));
    using _closing = { [Symbol.dispose]: () => file.close() };
    if (!await file.tryLock(true)) throw new LogInUseError(path);
  }
  for (const each of allFiles(path)) await removeIfThere(each);
}

interface LogHooks {
  readonly onClose: () => void;
  readonly onRename: (id: string) => void;
}

/** The log as one process writes it. */
class ProcessLog implements OutputLog {
  readonly file: string;
  readonly run: string = crypto.randomUUID();
  readonly #writer: LogWriter;
  readonly #hooks: LogHooks;
  #isClosed = false;
  #isHurried = false;

  constructor({ path }: OpenLog, writer: LogWriter, hooks: LogHooks) {
    [this.file, this.#writer, this.#hooks] = [path, writer, hooks];
  }

  write(...[stream, seq, data, time]: Parameters<OutputLog["write"]>): void {
    if (!this.#isClosed) this.#writer.write(this.run, stream, seq, data, time, this.#isHurried);
  }

  wait(): Promise<void> | undefined {
    return this.#isHurried ? undefined : this.#writer.wait();
  }

  hurry(): void {
    this.#isHurried = true;
    this.#writer.makeRoom();
  }

  noteStart(pid: number, time: number): void {
    this.#writer.noteStart(this.run, pid, time);
  }

  noteExit(...[exit, time]: Parameters<OutputLog["noteExit"]>): void {
    this.#writer.noteExit(this.run, exit, time);
  }

  rename(id: string): void {
    this.#hooks.onRename(id);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#hooks.onClose();
  }
}
