/**
 * Measures how much of the machine the processes of a daemon use.
 *
 * @module
 */

import { readUsage } from "../system/process_usage.ts";
import type { ListedProcess } from "./process_text.ts";

/** How much a process and its descendants use. */
export interface ProcessLoad {
  /** The share of one processor, in percent; more than 100 on several. `undefined` until it is measured twice. */
  readonly cpuPercent: number | undefined;
  /** The resident memory, in bytes. */
  readonly memoryBytes: number;
}

/** Measures the load of processes since the measurement before. */
export class LoadMeter {
  #before: ReadonlyMap<number, number> = new Map();
  #at = 0;

  /**
   * Measures.
   *
   * @returns The loads of the processes that run, by id; `undefined` if they cannot be measured here.
   */
  async measure(processes: readonly ListedProcess[]): Promise<ReadonlyMap<string, ProcessLoad> | undefined> {
    const running = processes.filter((process) => process.running && process.restartAt === undefined);
    const usages = await readUsage(new Set(running.map(({ pid }) => pid)));
    if (usages === undefined) return undefined;
    const now = performance.now();
    const elapsedMs = now - this.#at;
    const loads = running.flatMap(({ id, pid }): [string, ProcessLoad][] => {
      const usage = usages.get(pid);
      const before = this.#before.get(pid);
      if (usage === undefined) return [];
      const cpuPercent = before === undefined ? undefined : Math.max(0, (usage.cpuMs - before) / elapsedMs * 100);
      return [[id, { cpuPercent, memoryBytes: usage.memoryBytes }]];
    });
    this.#before = new Map([...usages].map(([pid, { cpuMs }]) => [pid, cpuMs]));
    this.#at = now;
    return new Map(loads);
  }
}

/**
 * Measures the load of processes over a short time.
 *
 * @param ms The time, in milliseconds.
 */
export async function measureLoad(
  processes: readonly ListedProcess[],
  ms: number,
): Promise<ReadonlyMap<string, ProcessLoad> | undefined> {
  const meter = new LoadMeter();
  if (await meter.measure(processes) === undefined) return undefined;
  await new Promise((resolve) => setTimeout(resolve, ms));
  return await meter.measure(processes);
}
