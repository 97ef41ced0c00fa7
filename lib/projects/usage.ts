/**
 * What the conversations in projects have used, from their transcripts.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import type { Clock } from "../system/clock.ts";
import { RequestError } from "../system/request_error.ts";
import type { Usage, UsageSummary } from "./types.ts";
import type { UsageBucket } from "./usage_index.ts";
import { transcriptPlaces } from "./usage_places.ts";
import { summarize, type UsageConfig } from "./usage_summary.ts";
import type { UsageReply, UsageRequest } from "./usage_worker.ts";

/** How long the worker is kept while nobody asks, in milliseconds. */
const IDLE_MS = 600_000;
/** The name of the worker, by which a bundle of one file tells what the worker does. */
const WORKER_NAME = "usage";

/** Options of {@linkcode ProjectUsage}. */
export interface ProjectUsageOptions {
  /** The home directory of the user, where the agent CLI keeps transcripts; `undefined` if it is unknown. */
  readonly home: string | undefined;
  /** The file of the index, in a private directory. */
  readonly path: string;
  /** What is shown. */
  readonly config: UsageConfig;
  /** The source of time. */
  readonly clock: Clock;
}

/** Reads the usage of projects, in a worker. */
export class ProjectUsage implements Disposable {
  readonly #options: ProjectUsageOptions;
  readonly #known = new Map<string, UsageSummary>();
  readonly #reading = new Map<string, Promise<Usage>>();
  readonly #waiting = new Map<number, PromiseWithResolvers<readonly UsageBucket[]>>();
  #worker: Worker | undefined;
  #cancelIdle = () => {};
  #lastId = 0;

  /** Starts nothing yet. */
  constructor(options: ProjectUsageOptions) {
    this.#options = options;
  }

  /** Returns the usage that was found last; `undefined` before the first time. */
  known(path: string): UsageSummary | undefined {
    return this.#known.get(path);
  }

  /**
   * Returns the usage of a project. Who asks meanwhile gets the same answer.
   *
   * @param path The directory of the project, absolute and without symlinks.
   * @throws {RequestError} If usage is not shown, or the home directory is unknown.
   * @throws {ClaustrumError} If the transcripts cannot be read.
   */
  read(path: string): Promise<Usage> {
    const { home, config } = this.#options;
    if (config.mode === "off") throw new RequestError("refused", "usage is not shown: usage.mode is off");
    if (home === undefined) throw new RequestError("unavailable", "usage cannot be found: HOME is not set");
    const running = this.#reading.get(path);
    if (running !== undefined) return running;
    const reading = this.#read(home, path).finally(() => this.#reading.delete(path));
    this.#reading.set(path, reading);
    return reading;
  }

  /** Stops the worker. */
  [Symbol.dispose](): void {
    this.#stop(new ClaustrumError("the hub is stopping"));
  }

  async #read(home: string, path: string): Promise<Usage> {
    const buckets = await this.#ask(path, await transcriptPlaces(home, path));
    const usage = summarize(buckets, this.#options.config);
    this.#known.set(path, { tokens: usage.tokens, cost_usd: usage.cost_usd });
    return usage;
  }

  #ask(project: string, places: readonly string[]): Promise<readonly UsageBucket[]> {
    const answer = Promise.withResolvers<readonly UsageBucket[]>();
    const id = ++this.#lastId;
    this.#waiting.set(id, answer);
    this.#cancelIdle();
    this.#worker ??= this.#start();
    const request: UsageRequest = { id, path: this.#options.path, project, places };
    this.#worker.postMessage(request);
    return answer.promise;
  }

  #start(): Worker {
    const options = { type: "module", name: WORKER_NAME } as const;
    const worker = new Worker(new URL("./usage_worker_main.ts", import.meta.url), options);
    worker.onmessage = ({ data }: MessageEvent<UsageReply>) => this.#answer(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#stop(new Error(`usage worker failed: ${event.message}`));
    };
    return worker;
  }

  #answer(reply: UsageReply): void {
    const answer = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("problem" in reply) answer?.reject(new ClaustrumError(`usage cannot be read: ${reply.problem}`));
    else answer?.resolve(reply.buckets);
    if (this.#waiting.size > 0) return;
    this.#cancelIdle = this.#options.clock.after(IDLE_MS, () => this.#stop(new ClaustrumError("nobody asks")));
  }

  #stop(error: Error): void {
    this.#cancelIdle();
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const answer of this.#waiting.values()) answer.reject(error);
    this.#waiting.clear();
  }
}
