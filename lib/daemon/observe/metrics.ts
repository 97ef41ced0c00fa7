/**
 * The page that Prometheus reads: the six counters of the contract, then additional metrics (contract: Metrics).
 *
 * @module
 */

import { metricHead, singleMetric } from "../../system/prometheus.ts";
import type { Counters } from "./counters.ts";

/** The counters of the contract, in its order. */
const CONTRACT: readonly (readonly [keyof Counters, string, string])[] = [
  ["connections", "claustrum_connections_total", "Client connections accepted."],
  ["spawns", "claustrum_process_spawns_total", "Processes started via process.spawn."],
  ["exits", "claustrum_process_exits_total", "Managed processes that have exited."],
  ["reattaches", "claustrum_reattaches_total", "process.reattach calls that found their process."],
  ["streamBytes", "claustrum_stream_bytes_total", "Process stdout/stderr bytes streamed to clients."],
  ["stdinBytes", "claustrum_stdin_bytes_total", "Bytes accepted for child stdin."],
];
/** The upper bounds of the buckets of the histogram, in seconds. */
const BOUNDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** Counts requests by method and error code, and measures how long they took. */
export class RequestMetrics {
  readonly #known: ReadonlySet<string>;
  readonly #counts = new Map<string, number>();
  readonly #buckets = BOUNDS.map(() => 0);
  #count = 0;
  #sum = 0;

  /** Unknown methods share one name, so that a client cannot make the page grow. */
  constructor(knownMethods: Iterable<string>) {
    this.#known = new Set(knownMethods);
  }

  /**
   * Counts an answered request.
   *
   * @param code The error code; 0 for a success.
   * @param seconds How long the request took, in seconds.
   */
  note(method: string, code: number, seconds: number): void {
    const key = `{method="${this.#known.has(method) ? method : "unknown"}",code="${code}"}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) this.#buckets[bucket]!++;
    this.#count++;
    this.#sum += seconds;
  }

  /** Returns the part of the page about requests. */
  format(): string {
    const counts = [...this.#counts].sort().map(([key, count]) => `claustrum_requests_total${key} ${count}\n`);
    let cumulative = 0;
    const buckets = BOUNDS.map((bound, i) => {
      cumulative += this.#buckets[i]!;
      return `claustrum_request_seconds_bucket{le="${bound}"} ${cumulative}\n`;
    });
    return [
      metricHead(
        "claustrum_requests_total",
        "counter",
        "Requests answered, by method and error code (0 for a success).",
      ),
      ...counts,
      metricHead("claustrum_request_seconds", "histogram", "Time from a request to its answer."),
      ...buckets,
      `claustrum_request_seconds_bucket{le="+Inf"} ${this.#count}\n`,
      `claustrum_request_seconds_sum ${this.#sum}\n`,
      `claustrum_request_seconds_count ${this.#count}\n`,
    ].join("");
  }
}

/** The values on the page. */
export interface MetricsState {
  /** The counters of the contract. */
  readonly counters: Readonly<Counters>;
  /** The counts of requests. */
  readonly requests: RequestMetrics;
  /** How many connections are open. */
  readonly connections: number;
  /** How many processes are running. */
  readonly running: number;
  /** How many bytes the replay buffers hold. */
  readonly replayBytes: number;
  /** The resident memory of the daemon, in bytes. */
  readonly residentBytes: number;
  /** How many descriptors it has open; `undefined` where the system does not provide the number. */
  readonly openFds: number | undefined;
  /** When it started, in seconds since the epoch. */
  readonly startSeconds: number;
}

/** Returns the page. */
export function formatMetrics(state: MetricsState): string {
  const { counters, requests, openFds } = state;
  return [
    ...CONTRACT.map(([key, name, help]) => singleMetric(name, "counter", help, counters[key])),
    singleMetric("claustrum_connections", "gauge", "Client connections that are open.", state.connections),
    singleMetric("claustrum_processes_running", "gauge", "Managed processes that have not exited.", state.running),
    singleMetric("claustrum_replay_bytes", "gauge", "Bytes held in replay buffers.", state.replayBytes),
    requests.format(),
    singleMetric("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", state.residentBytes),
    openFds === undefined ? "" : singleMetric("process_open_fds", "gauge", "Number of open file descriptors.", openFds),
    singleMetric(
      "process_start_time_seconds",
      "gauge",
      "Start time of the process since unix epoch in seconds.",
      state.startSeconds,
    ),
  ].join("");
}
