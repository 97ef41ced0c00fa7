/**
 * How busy the machine is.
 *
 * @module
 */

import type { DaemonLine } from "../client/daemon_line.ts";
import { runCommand } from "../client/run_command.ts";
import type { Clock } from "../system/clock.ts";
import { RequestError } from "../system/request_error.ts";
import type { MachineLoad } from "./types.ts";

/** How old what was found out may be that is returned once more, in milliseconds. */
const FRESH_MS = 2_000;
/** How far apart two looks are between which the processors are watched, in milliseconds. */
const WATCH_MS = { least: 400, most: 30_000 };
/** How long the system may take to tell, in milliseconds. */
const TIMEOUT_MS = 10_000;

const LINUX = {
  command: "grep",
  args: ["-s", "-E", "^(cpu|Mem|[0-9.]+ )", "/proc/stat", "/proc/meminfo", "/proc/loadavg"],
};
const DARWIN = { command: "sh", args: ["-c", "sysctl -n hw.ncpu vm.loadavg hw.memsize; vm_stat"] };

/** What the system tells at a time. */
export interface LoadFacts {
  /** How many processors there are. */
  readonly cpus: number;
  /** How many programs wanted to run, on average over 1, 5 and 15 minutes. */
  readonly average: readonly [number, number, number];
  /** The memory, in bytes. */
  readonly memoryBytes: number;
  /** What of it is in use, in bytes. */
  readonly usedBytes: number;
  /** How long the processors have worked and been idle, in any unit; `undefined` if the system does not tell. */
  readonly time?: { readonly busy: number; readonly all: number };
}

/** Reads lines of `/proc/stat`, `/proc/meminfo` and `/proc/loadavg`, each with its path and a colon before it. */
export function parseLinuxLoad(text: string): LoadFacts | undefined {
  const [, total] = /:MemTotal:\s+(\d+) kB/.exec(text) ?? [];
  const [, available] = /:MemAvailable:\s+(\d+) kB/.exec(text) ?? [];
  const [, ...average] = /\/loadavg:([\d.]+) ([\d.]+) ([\d.]+) /.exec(text) ?? [];
  const [, fields] = /\/stat:cpu +(.*)/.exec(text) ?? [];
  if (total === undefined || average.length !== 3) return undefined;
  const ticks = (fields ?? "").split(/\s+/).slice(0, 8).map(Number);
  const all = ticks.reduce((sum, each) => sum + each, 0);
  // The fourth and the fifth count what was idle, and what waited for disks.
  const busy = all - (ticks[3] ?? 0) - (ticks[4] ?? 0);
  return {
    cpus: Math.max(text.match(/\/stat:cpu\d/g)?.length ?? 0, 1),
    average: [Number(average[0]), Number(average[1]), Number(average[2])],
    memoryBytes: Number(total) * 1024,
    usedBytes: Math.max(Number(total) - Number(available ?? 0), 0) * 1024,
    ...(Number.isFinite(all) && all > 0 ? { time: { busy, all } } : {}),
  };
}

/** Reads what `sysctl -n hw.ncpu vm.loadavg hw.memsize` and `vm_stat` print. */
export function parseDarwinLoad(text: string): LoadFacts | undefined {
  const [, cpus, first, second, third, bytes] = /^(\d+)\n\{ ([\d.]+) ([\d.]+) ([\d.]+) \}\n(\d+)\n/.exec(text) ?? [];
  if (bytes === undefined) return undefined;
  const [, page] = /page size of (\d+) bytes/.exec(text) ?? [];
  const pages = (name: string) => Number(new RegExp(`^Pages ${name}: +(\\d+)\\.$`, "m").exec(text)?.[1] ?? 0);
  const free = (pages("free") + pages("inactive") + pages("speculative") + pages("purgeable")) * Number(page ?? 0);
  return {
    cpus: Number(cpus),
    average: [Number(first), Number(second), Number(third)],
    memoryBytes: Number(bytes),
    usedBytes: Math.max(Number(bytes) - free, 0),
  };
}

/**
 * Returns how busy a machine is.
 *
 * @param before What the system has told earlier, if it has.
 */
export function loadBetween(before: LoadFacts | undefined, now: LoadFacts): MachineLoad {
  const { cpus, average, memoryBytes, usedBytes, time } = now;
  const [busy, all] = time === undefined || before?.time === undefined
    ? [Math.min(average[0] / cpus, 1), 1]
    : [time.busy - before.time.busy, time.all - before.time.all];
  return {
    cpus,
    cpu_percent: all <= 0 ? 0 : Math.round(Math.min(Math.max(busy / all, 0), 1) * 1_000) / 10,
    load_average: average,
    memory_bytes: memoryBytes,
    memory_used_bytes: Math.min(usedBytes, memoryBytes),
  };
}

/** Finds out how busy the machine is while somebody asks, and does nothing otherwise. */
export class LoadMeter {
  readonly #line: DaemonLine;
  readonly #clock: Clock;
  #before: { readonly at: number; readonly facts: LoadFacts } | undefined;
  #last: { readonly at: number; readonly load: MachineLoad } | undefined;
  #measuring: Promise<MachineLoad> | undefined;

  /**
   * @param line The connection to the daemon, which may look where the hub may not.
   * @param clock The source of time.
   */
  constructor(line: DaemonLine, clock: Clock) {
    this.#line = line;
    this.#clock = clock;
  }

  /**
   * Returns how busy the machine is. Those who ask at the same time get the same answer.
   *
   * @throws {RequestError} If the system does not tell.
   */
  read(): Promise<MachineLoad> {
    const last = this.#last;
    if (last !== undefined && this.#clock.elapsed() - last.at < FRESH_MS) return Promise.resolve(last.load);
    this.#measuring ??= this.#measure().finally(() => this.#measuring = undefined);
    return this.#measuring;
  }

  async #measure(): Promise<MachineLoad> {
    const before = await this.#earlier();
    const facts = await this.#look();
    const load = loadBetween(before, facts);
    const at = this.#clock.elapsed();
    this.#before = { at, facts };
    this.#last = { at, load };
    return load;
  }

  /** What was told long enough ago, and not too long. */
  async #earlier(): Promise<LoadFacts> {
    const age = this.#before === undefined ? Infinity : this.#clock.elapsed() - this.#before.at;
    if (this.#before !== undefined && age >= WATCH_MS.least && age <= WATCH_MS.most) return this.#before.facts;
    const facts = await this.#look();
    await this.#line.pause(WATCH_MS.least);
    return facts;
  }

  async #look(): Promise<LoadFacts> {
    const isDarwin = Deno.build.os === "darwin";
    const client = await this.#line.soon();
    const { stdout } = await runCommand(client, { ...(isDarwin ? DARWIN : LINUX), timeoutMs: TIMEOUT_MS });
    const text = new TextDecoder().decode(stdout);
    const facts = isDarwin ? parseDarwinLoad(text) : parseLinuxLoad(text);
    if (facts === undefined) throw new RequestError("unavailable", "this system does not tell how busy it is");
    return facts;
  }
}
