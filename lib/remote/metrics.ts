/**
 * What sessions and instances use, found out while somebody looks.
 *
 * @module
 */

import type { DaemonLine } from "../client/daemon_line.ts";
import { ProcessTree } from "../client/process_tree.ts";
import { runCommand } from "../client/run_command.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import type { Clock } from "../system/clock.ts";
import type { Topics } from "../system/topics.ts";
import type { OwnProcess, OwnProcesses } from "./own_processes.ts";
import { addProc, metricsOf, parsePs, PS_ARGUMENTS, type UsageSnapshot } from "./process_usage.ts";
import type { MetricsSample, RemoteNotice } from "./types.ts";
import { WhileWatched } from "./while_watched.ts";

/** The topic under which samples are told. */
const TOPIC = "metrics";
/** How often to look, in milliseconds, and for how long samples are kept. */
const [LOOK_MS, KEPT_MS] = [4_000, 60_000];
/** How far apart two looks are that rates are found out from, at least, in milliseconds. */
const RATE_MS = 500;
/** Of more processes than this, only `ps` is asked. */
const MAX_PROC = 2_000;

/** What metrics need. */
export interface MetricsOptions {
  /** The connection to the daemon, which runs `ps`. */
  readonly line: DaemonLine;
  /** The source of time. */
  readonly clock: Clock;
  /** Tells those who watch. */
  readonly topics: Pick<Topics<RemoteNotice>, "publish" | "isWatched" | "onWatch">;
  /** The processes of sessions and instances. */
  readonly own: OwnProcesses;
  /** Called once when it fails, until it works again. */
  readonly onError: (message: string) => void;
}

/** Takes samples while somebody watches them, or asks for them. */
export class Metrics implements Disposable {
  readonly #options: MetricsOptions;
  readonly #looks: WhileWatched;
  #samples: { readonly at: number; readonly sample: MetricsSample }[] = [];
  #before: UsageSnapshot | undefined;
  #looking: Promise<void> | undefined;
  #hasFailed = false;

  /** Looks at nothing yet. */
  constructor(options: MetricsOptions) {
    this.#options = options;
    const { topics, clock } = options;
    this.#looks = new WhileWatched({ topic: TOPIC, topics, clock, intervalMs: LOOK_MS, work: () => this.#look() });
  }

  /** Returns the samples of the last minute, the oldest first; looks now if nobody has for a while. */
  async list(): Promise<readonly MetricsSample[]> {
    const { clock } = this.#options;
    const last = this.#samples.at(-1);
    if (last === undefined || clock.elapsed() - last.at >= LOOK_MS) await this.#look();
    const now = clock.elapsed();
    return this.#samples.filter(({ at }) => now - at <= KEPT_MS).map(({ sample }) => sample);
  }

  /** Looks no more. */
  [Symbol.dispose](): void {
    this.#looks[Symbol.dispose]();
  }

  #look(): Promise<void> {
    this.#looking ??= this.#tryLook().finally(() => this.#looking = undefined);
    return this.#looking;
  }

  async #tryLook(): Promise<void> {
    const { clock, topics, line, onError } = this.#options;
    try {
      const before = await this.#earlier();
      const roots = await this.#options.own.list();
      const now = await this.#snapshot(roots);
      this.#before = now;
      this.#hasFailed = false;
      const sample = { at: new Date(clock.now()).toISOString(), items: metricsOf(roots, before, now) };
      this.#samples = [...this.#samples.filter(({ at }) => now.at - at <= KEPT_MS), { at: now.at, sample }];
      topics.publish({ topic: TOPIC, sample });
    } catch (error) {
      if (!(error instanceof ClaustrumError)) throw error;
      if (!this.#hasFailed && !this.#looks.isClosed && !line.signal.aborted) {
        onError(`[remote] what processes use cannot be found out: ${error.message}`);
      }
      this.#hasFailed = true;
    }
  }

  /** A snapshot that is old enough for rates, and not too old. */
  async #earlier(): Promise<UsageSnapshot> {
    const { clock, line, own } = this.#options;
    const age = this.#before === undefined ? Infinity : clock.elapsed() - this.#before.at;
    if (this.#before !== undefined && age >= RATE_MS && age < 3 * LOOK_MS) return this.#before;
    const earlier = await this.#snapshot(await own.list());
    await line.pause(RATE_MS);
    return earlier;
  }

  async #snapshot(roots: readonly OwnProcess[]): Promise<UsageSnapshot> {
    const { clock, line } = this.#options;
    const client = await line.soon();
    const at = clock.elapsed();
    const { stdout } = await runCommand(client, { command: "ps", args: PS_ARGUMENTS });
    const usage = parsePs(new TextDecoder().decode(stdout));
    const tree = new ProcessTree([...usage].map(([pid, { parent }]) => [pid, parent] as const));
    const pids = roots.flatMap(({ pid }) => [pid, ...tree.below(pid)]);
    const files = pids.slice(0, MAX_PROC).flatMap((pid) => [`/proc/${pid}/stat`, `/proc/${pid}/io`]);
    // Processes may end meanwhile, and those of others tell nothing; where there is no /proc, `ps` has to do.
    if (files.length > 0) {
      const proc = await runCommand(client, { command: "grep", args: ["-s", "", ...files] });
      addProc(usage, new TextDecoder().decode(proc.stdout));
    }
    return { at, usage };
  }
}
