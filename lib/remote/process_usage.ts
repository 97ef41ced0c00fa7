/**
 * What processes use, as `ps` and `/proc` tell.
 *
 * @module
 */

import { ProcessTree } from "../client/process_tree.ts";
import type { OwnProcess } from "./own_processes.ts";
import type { ProcessMetrics } from "./types.ts";

/** The arguments of `ps` that list what {@linkcode parsePs} reads. */
export const PS_ARGUMENTS: readonly string[] = ["-A", "-o", "pid=,ppid=,rss=,time="];
/** How many ticks `/proc` counts in a second. */
const TICKS = 100;

/** What a process has used so far. */
export interface ProcessUsage {
  /** The process that has started it. */
  readonly parent: number;
  /** The memory that it occupies, in bytes. */
  readonly residentBytes: number;
  /** How long it has computed, in seconds. */
  readonly cpuSeconds: number;
  /** What it has read from disks, in bytes; `undefined` if the system does not tell. */
  readonly readBytes?: number;
  /** What it has written to disks, in bytes; `undefined` if the system does not tell. */
  readonly writtenBytes?: number;
}

/** Reads what `ps` has printed. */
export function parsePs(text: string): Map<number, ProcessUsage> {
  const found = new Map<number, ProcessUsage>();
  for (const line of text.split("\n")) {
    const [, pid, parent, kilobytes, time = ""] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s*$/.exec(line) ?? [];
    if (pid === undefined) continue;
    const residentBytes = Number(kilobytes) * 1024;
    found.set(Number(pid), { parent: Number(parent), residentBytes, cpuSeconds: secondsOf(time) });
  }
  return found;
}

/** Reads a time such as `1-02:03:04`, `02:03:04` or `3:04.56`. */
function secondsOf(time: string): number {
  const [days, clock] = time.includes("-") ? time.split("-") : ["0", time];
  return (clock ?? "").split(":").reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}

/**
 * Adds what `/proc` tells, which is finer: lines of the files `stat` and `io`, each with its path and a colon before it.
 */
export function addProc(usage: Map<number, ProcessUsage>, text: string): void {
  for (const line of text.split("\n")) {
    const [, pid, file, content = ""] = /^\/proc\/(\d+)\/(stat|io):(.*)$/.exec(line) ?? [];
    const known = usage.get(Number(pid));
    if (known !== undefined) usage.set(Number(pid), { ...known, ...(file === "io" ? ioOf(content) : cpuOf(content)) });
  }
}

function cpuOf(stat: string): Partial<ProcessUsage> {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? { cpuSeconds: ticks / TICKS } : {};
}

function ioOf(line: string): Partial<ProcessUsage> {
  const [, name, bytes] = /^(read_bytes|write_bytes): (\d+)$/.exec(line) ?? [];
  if (name === undefined) return {};
  return name === "read_bytes" ? { readBytes: Number(bytes) } : { writtenBytes: Number(bytes) };
}

/** All processes at a time. */
export interface UsageSnapshot {
  /** When, in milliseconds of a clock that never jumps. */
  readonly at: number;
  /** What each one has used. */
  readonly usage: ReadonlyMap<number, ProcessUsage>;
}

/**
 * Returns what each session and instance uses, with all processes below it.
 *
 * @param before An earlier snapshot, with which rates are found out.
 */
export function metricsOf(roots: readonly OwnProcess[], before: UsageSnapshot, now: UsageSnapshot): ProcessMetrics[] {
  const tree = new ProcessTree([...now.usage].map(([pid, { parent }]) => [pid, parent] as const));
  const seconds = Math.max((now.at - before.at) / 1_000, 0.001);
  return roots.filter(({ pid }) => now.usage.has(pid)).map(({ kind, id, pid }) => {
    const pids = [pid, ...tree.below(pid)];
    const sum = (read: (usage: ProcessUsage) => number | undefined) =>
      pids.reduce((total, one) => total + (read(now.usage.get(one)!) ?? 0), 0);
    const rate = (read: (usage: ProcessUsage) => number | undefined) =>
      pids.reduce((total, one) => {
        const [past, present] = [before.usage.get(one), now.usage.get(one)!];
        // One that was not there has used all of it since; one with a pid that is given again may have used less.
        return total + Math.max((read(present) ?? 0) - (past === undefined ? 0 : read(past) ?? 0), 0);
      }, 0) / seconds;
    const hasIo = pids.some((one) => now.usage.get(one)?.readBytes !== undefined);
    return {
      kind,
      id,
      processes: pids.length,
      cpu_percent: Math.round(rate(({ cpuSeconds }) => cpuSeconds) * 1_000) / 10,
      resident_bytes: sum(({ residentBytes }) => residentBytes),
      ...(hasIo
        ? {
          read_bytes_per_second: Math.round(rate(({ readBytes }) => readBytes)),
          written_bytes_per_second: Math.round(rate(({ writtenBytes }) => writtenBytes)),
        }
        : {}),
    };
  });
}
