/**
 * What `/proc` says about processes: enough to tell a process from any other that has its id later. Nothing is known on
 * other systems.
 *
 * @module
 */

import { readProc, readProcLink } from "../../system/proc_linux.ts";

/** What tells a process from any other. */
export interface ProcessFacts {
  /** When it started, in clock ticks since the machine started. */
  readonly start: string;
  /** The id of its group. */
  readonly group: number;
  /** The file that it executes, even if that has been removed; `undefined` if it is unknown. */
  readonly file: string | undefined;
  /** Its command line, which the process may have changed. */
  readonly args: readonly string[];
  /** Its environment, as `NAME=value`. */
  readonly environment: readonly string[];
}

/** The machine on which a process runs. */
export interface MachineFacts {
  /** The name of the machine. */
  readonly node: string;
  /** The id of this run of the machine. */
  readonly host: string;
}

/** Where the fields after the name of the program are, from 0. */
const FIELDS = { state: 0, group: 2, start: 19 } as const;
/** The state of a process that has ended, and whose parent has not asked how. */
const ENDED = "Z";

/** What the system appends to the name of a file that has been removed. */
const REMOVED = / \(deleted\)$/;

/** Returns when a process started, in clock ticks; `undefined` if it has ended, or if that is unknown. */
export async function processStart(pid: number): Promise<string | undefined> {
  return (await statFields(pid))?.start;
}

/** Returns the facts of a process; `undefined` if it has ended, or if they are unknown. */
export async function processFacts(pid: number): Promise<ProcessFacts | undefined> {
  const [args, environment, file] = await Promise.all([
    words(`/proc/${pid}/cmdline`),
    words(`/proc/${pid}/environ`),
    readProcLink(`/proc/${pid}/exe`),
  ]);
  // Read last: an id that another process takes in the meantime shows in the start.
  const stat = await statFields(pid);
  if (stat === undefined || args === undefined || environment === undefined) return undefined;
  return { ...stat, file: file?.replace(REMOVED, ""), args, environment };
}

/** Returns the facts of this machine; `undefined` if they are unknown. */
export async function machineFacts(): Promise<MachineFacts | undefined> {
  const [node, host] = await Promise.all([
    readProc("/proc/sys/kernel/hostname"),
    readProc("/proc/sys/kernel/random/boot_id"),
  ]);
  return node === undefined || host === undefined ? undefined : { node: node.trim(), host: host.trim() };
}

async function statFields(pid: number): Promise<Pick<ProcessFacts, "start" | "group"> | undefined> {
  const stat = await readProc(`/proc/${pid}/stat`);
  // The name may contain spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  const start = fields[FIELDS.start];
  if (start === undefined || fields[FIELDS.state] === ENDED) return undefined;
  return { start, group: Number(fields[FIELDS.group]) };
}

async function words(path: string): Promise<string[] | undefined> {
  const text = await readProc(path);
  return text?.split("\0").slice(0, -1);
}
