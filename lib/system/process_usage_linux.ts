/**
 * What processes use on Linux, read from `/proc`.
 *
 * @module
 */

import { errnoCode } from "./errno.ts";
import { readProcSync } from "./proc_linux.ts";
import type { ProcessUsage } from "./usage.ts";

/** The unit of processor time in `/proc`, in milliseconds; it is the same on all machines. */
const TICK_MS = 10;
/** Where the fields after the name of the program are, from 0. */
const FIELDS = { session: 3, utime: 11, stime: 12 } as const;

/** Sums up what the sessions of some processes use; see `readUsage()`. */
export function linuxUsage(leaders: ReadonlySet<number>): ReadonlyMap<number, ProcessUsage> | undefined {
  const pids = processIds();
  if (pids === undefined) return undefined;
  const sums = new Map<number, ProcessUsage>();
  for (const pid of pids) {
    const stat = readProcSync(`/proc/${pid}/stat`);
    // The name may contain spaces and parentheses.
    const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
    const session = Number(fields[FIELDS.session]);
    if (!leaders.has(session)) continue;
    const ticks = Number(fields[FIELDS.utime]) + Number(fields[FIELDS.stime]);
    const { cpuMs, memoryBytes } = sums.get(session) ?? { cpuMs: 0, memoryBytes: 0 };
    sums.set(session, { cpuMs: cpuMs + ticks * TICK_MS, memoryBytes: memoryBytes + residentBytes(pid) });
  }
  return sums;
}

function processIds(): string[] | undefined {
  try {
    return [...Deno.readDirSync("/proc")].flatMap(({ name }) => /^\d+$/.test(name) ? name : []);
  } catch (error) {
    if (errnoCode(error) === undefined && !(error instanceof Deno.errors.NotCapable)) throw error;
    return undefined;
  }
}

function residentBytes(pid: string): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readProcSync(`/proc/${pid}/status`) ?? "")?.[1];
  return Number(kilobytes ?? 0) * 1024;
}
