/**
 * Ending the processes that a killed daemon has left behind. Nothing but a record says that a process is one of them, so
 * a process is signalled only if everything that the record says is true of it, and it carries the marks of that daemon:
 * its id may belong to another program by now, and anybody may have written the record (contract: Records of children).
 *
 * @module
 */

import { type Clock, keepAlive } from "../../system/clock.ts";
import { errnoCode, errnoText } from "../../system/errno.ts";
import { hasGroup } from "../../process/signals.ts";
import type { Logger } from "../../system/log.ts";
import { removeIfThere } from "../../system/private_files.ts";
import { readRegularFile } from "../../system/regular_file.ts";
import { childMarks, type ChildRecord, parseRecord } from "./child_record.ts";
import { type MachineFacts, type ProcessFacts, processFacts, processStart } from "./process_facts_linux.ts";

const RECORD_NAME = /^\d+\.json$/;
/** What a daemon that is killed while it writes a record leaves behind. */
const TEMPORARY_NAME = /^\d+\.json\.[0-9a-f-]{36}$/;
const MAX_RECORD_BYTES = 64 << 10;
/** How many records are read; a daemon has far fewer processes. */
const MAX_RECORDS = 1_000;
/** How many records are looked at together, with a few short-lived processes each. */
const AT_ONCE = 64;
/** How long a process may take to obey SIGTERM, in milliseconds. */
const GRACE_MS = 2_000;
const POLL_MS = 20;
/** How far from its start the command line may name the program: a script comes after its interpreter. */
const MAX_PROGRAM_INDEX = 3;

/** Options of {@linkcode endOrphans}. */
export interface EndOrphansOptions {
  /** The directory of the daemon's socket, as the marks name it. */
  readonly runDirectory: string;
  /** The directory of the records. */
  readonly directory: string;
  /** The machine. */
  readonly machine: MachineFacts;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the daemon. */
  readonly log: Logger;
  /** Signals all processes of a group; it is no error if there are none. */
  readonly signalGroup: (group: number, signal: Deno.Signal) => void;
}

/** Ends the processes that dead daemons have left behind, and removes their records. Never throws. */
export async function endOrphans(options: EndOrphansOptions): Promise<void> {
  const { directory, log } = options;
  using _alive = keepAlive();
  try {
    const records = await readRecords(directory);
    for (let at = 0; at < records.length; at += AT_ONCE) {
      await Promise.all(records.slice(at, at + AT_ONCE).map(({ path, record }) => settle(path, record, options)));
    }
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    log.warn(`[daemon] cannot read ${directory}: ${errnoText(error)}`);
  }
}

interface FoundRecord {
  readonly path: string;
  /** `undefined` if the file is no record. */
  readonly record: ChildRecord | undefined;
}

async function readRecords(directory: string): Promise<FoundRecord[]> {
  if (!await isRealDirectory(directory)) return [];
  const found: FoundRecord[] = [];
  for await (const { name, isFile } of Deno.readDir(directory)) {
    if (!isFile || !(RECORD_NAME.test(name) || TEMPORARY_NAME.test(name))) continue;
    const path = `${directory}/${name}`;
    const bytes = await readRegularFile(path, MAX_RECORD_BYTES);
    const record = bytes === undefined ? undefined : parseRecord(name, new TextDecoder().decode(bytes));
    found.push({ path, record });
    if (found.length === MAX_RECORDS) break;
  }
  return found;
}

async function isRealDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Ends the process of a record if it is left behind, and removes the record unless it belongs to someone else. */
async function settle(path: string, record: ChildRecord | undefined, options: EndOrphansOptions): Promise<void> {
  if (record !== undefined && await isSomeoneElses(record, options.machine)) return;
  if (record !== undefined) await end(record, options);
  await removeIfThere(path);
}

/** Whether the daemon of a record runs, or runs on another machine that shares the directory. */
async function isSomeoneElses({ node, daemonPid, daemonStart }: ChildRecord, machine: MachineFacts): Promise<boolean> {
  return node !== machine.node || await processStart(daemonPid) === daemonStart;
}

async function end(record: ChildRecord, options: EndOrphansOptions): Promise<void> {
  const { clock, log, machine, signalGroup } = options;
  // Every process has ended with the machine.
  if (record.host !== machine.host) return;
  const isThere = async () => isOrphan(record, await processFacts(record.pid), options.runDirectory);
  if (!await isThere()) return;
  log.info(`[daemon] ending process ${record.pid}, which the daemon ${record.daemonPid} left behind`);
  signalGroup(record.pid, "SIGTERM");
  const until = clock.elapsed() + GRACE_MS;
  while (hasGroup(record.pid)) {
    if (clock.elapsed() >= until) {
      if (await isThere()) signalGroup(record.pid, "SIGKILL");
      return;
    }
    await new Promise<void>((resolve) => void clock.after(POLL_MS, resolve));
  }
}

/** Whether a process is certainly the one that a record describes. */
export function isOrphan(record: ChildRecord, facts: ProcessFacts | undefined, runDirectory: string): boolean {
  if (facts === undefined || facts.start !== record.start || facts.group !== record.pid) return false;
  if (facts.file !== record.argv0 && !facts.args.slice(0, MAX_PROGRAM_INDEX).includes(record.argv0)) return false;
  const marks = childMarks(runDirectory, record.daemonPid, record.daemonStart);
  return Object.entries(marks).every(([name, value]) => facts.environment.includes(`${name}=${value}`));
}
