/**
 * The table of `claustrum ps`.
 *
 * @module
 */

import type { RetiredDaemon } from "../handover/retired_files.ts";
import type { ProcessLoad } from "./process_load.ts";
import { commandWords, describeRestarts, describeState, type ListedProcess, showId } from "./process_text.ts";
import { formatBytes } from "./progress_bar.ts";
import { secondsSinceRetired } from "./retired_daemons.ts";
import { formatAge } from "./table.ts";
import { cutToWidth, displayWidth, toOneLine } from "./terminal_text.ts";

/** The room that the command gets before a column is left out, in columns. */
const COMMAND_COLUMNS = 12;
/** The longest id on a terminal, in columns, and the shortest to which a long one is cut. */
const [ID_COLUMNS, MIN_ID_COLUMNS] = [20, 8];
/** The share of a narrow terminal that an id may take. */
const ID_SHARE = 0.4;
/** How much of a random id is shown at least. */
const SHORT_ID = 8;
const RANDOM_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const GAP = "  ";

/** Options of {@linkcode processTable}. */
export interface ProcessTableOptions {
  /** The width of the terminal; `Infinity` if there is none. */
  readonly columns: number;
  /** The retired daemons, by pid. */
  readonly retired: ReadonlyMap<number, RetiredDaemon>;
  /** The loads of processes by id; without them, they have no columns. @default {none} */
  readonly loads?: ReadonlyMap<string, ProcessLoad> | undefined;
  /** The time, in milliseconds since the epoch. @default {now} */
  readonly now?: number;
}

interface Column {
  readonly heading: string;
  /** The cells, one for each process. */
  readonly cells: readonly string[];
  /** When the column is left out if there is too little room: the smallest first; never if absent. */
  readonly priority?: number;
}

/** Formats processes as a table that fits the terminal. Ids may be any text. */
export function processTable(processes: readonly ListedProcess[], options: ProcessTableOptions): string {
  const { columns } = options;
  const kept = fitting(columnsFor(processes, options), columns);
  const widths = kept.map(widthOf);
  const rows = [kept.map(({ heading }) => heading), ...processes.map((_, i) => kept.map(({ cells }) => cells[i]!))];
  return rows.map((row) => {
    const line = row.map((cell, i) => cell + " ".repeat(widths[i]! - displayWidth(cell))).join(GAP).trimEnd();
    return cutToWidth(line, columns);
  }).join("\n");
}

function columnsFor(
  processes: readonly ListedProcess[],
  { columns, retired, loads, now = Date.now() }: ProcessTableOptions,
): readonly Column[] {
  const column = (heading: string, cell: (process: ListedProcess) => string, priority?: number): Column => ({
    heading,
    cells: processes.map((process) => toOneLine(cell(process))),
    ...(priority === undefined ? {} : { priority }),
  });
  const allRun = processes.every(({ running, restartAt }) => running && restartAt === undefined);
  const ids = columns === Infinity ? undefined : shortIds(processes.map(({ id }) => id), columns);
  return [
    column("ID", ({ id }) => ids?.get(id) ?? showId(id)),
    column("PID", ({ pid, restartAt }) => restartAt === undefined ? String(pid) : "-", 4),
    // Where all run and their loads matter more, the state gives way to them.
    column("STATE", (process) => describeState(process, now), loads !== undefined && allRun ? 7 : undefined),
    ...(loads === undefined ? [] : [
      column("CPU", ({ id }) => describeCpu(loads.get(id)), 9),
      column("MEMORY", ({ id }) => describeMemory(loads.get(id)), 8),
    ]),
    column("AGE", ({ startTime }) => formatAge(now / 1000 - startTime), 5),
    column("BUFFERED", ({ bufferedBytes }) => formatBytes(bufferedBytes), 1),
    column("ATTACHED", ({ attached }) => attached ? "yes" : "no", 2),
    ...(processes.every(({ restarts }) => restarts === undefined) ? [] : [column("RESTART", describeRestarts, 6)]),
    ...(retired.size === 0 ? [] : [column("DAEMON", ({ daemon }) => describeDaemon(daemon, retired, now), 3)]),
    column("COMMAND", (process) => commandWords(process).join(" ")),
  ];
}

/** Describes the share of a processor, like `3.5%`; `-` if it was not measured. */
export function describeCpu(load: ProcessLoad | undefined): string {
  return load?.cpuPercent === undefined ? "-" : `${load.cpuPercent.toFixed(load.cpuPercent < 10 ? 1 : 0)}%`;
}

/** Describes the memory that a process uses; `-` if it was not measured. */
export function describeMemory(load: ProcessLoad | undefined): string {
  return load === undefined ? "-" : formatBytes(load.memoryBytes);
}

/** Leaves out columns until the command has some room. */
function fitting(all: readonly Column[], columns: number): readonly Column[] {
  const needed = all.slice(0, -1).reduce((sum, column) => sum + widthOf(column) + GAP.length, COMMAND_COLUMNS);
  const priorities = all.flatMap(({ priority }) => priority ?? []);
  if (needed <= columns || priorities.length === 0) return all;
  const least = Math.min(...priorities);
  return fitting(all.filter(({ priority }) => priority !== least), columns);
}

function widthOf({ heading, cells }: Column): number {
  return Math.max(displayWidth(heading), ...cells.map(displayWidth));
}

/** Shortens ids for a terminal: random ones to a beginning that no other id has, long ones to what fits. */
function shortIds(ids: readonly string[], columns: number): ReadonlyMap<string, string> {
  const room = Math.max(MIN_ID_COLUMNS, Math.min(ID_COLUMNS, Math.floor(columns * ID_SHARE)));
  return new Map(ids.map((id) => [id, RANDOM_ID.test(id) ? shortest(id, ids) : cutToWidth(showId(id), room)]));
}

function shortest(id: string, ids: readonly string[]): string {
  let length = SHORT_ID;
  const isShared = (text: string) => ids.some((other) => other !== id && other.startsWith(text));
  while (length < id.length && isShared(id.slice(0, length))) length++;
  return id.slice(0, length);
}

/** Describes the daemon that has a process: the one that serves, or a retired one. */
function describeDaemon(pid: number | undefined, retired: ReadonlyMap<number, RetiredDaemon>, now: number): string {
  if (pid === undefined) return "serving";
  const daemon = retired.get(pid);
  return daemon === undefined ? `${pid}` : `${pid}, retired ${formatAge(secondsSinceRetired(daemon, now))} ago`;
}
