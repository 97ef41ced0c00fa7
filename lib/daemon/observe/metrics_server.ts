/**
 * Serves the metrics over HTTP (contract: Metrics).
 *
 * @module
 */

import { errnoText } from "../../system/errno.ts";
import type { ReplaySupervisor } from "../../process/supervisor.ts";
import type { OnAnswer } from "../../rpc/dispatch.ts";
import type { Counters } from "./counters.ts";
import { isLoopback, parseListenAddress } from "./listen_address.ts";
import type { Logger } from "../../system/log.ts";
import { formatMetrics, RequestMetrics } from "./metrics.ts";
import { countOpenDescriptors } from "./open_descriptors.ts";

const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Options of {@linkcode serveDaemonMetrics}. */
export interface DaemonMetricsOptions {
  /** The address, as `host:port`; all interfaces without a host. */
  readonly address: string;
  /** The names of the daemon's methods. */
  readonly methods: readonly string[];
  /** The counters of the contract. */
  readonly counters: Readonly<Counters>;
  /** The supervisor of its processes. */
  readonly supervisor: ReplaySupervisor;
  /** Its open connections. */
  readonly connections: { readonly size: number };
  /** When the daemon started, in seconds since the epoch. */
  readonly startSeconds: number;
  /** The log of the daemon. */
  readonly log: Logger;
}

/** The metrics of a daemon. */
export interface DaemonMetrics extends AsyncDisposable {
  /** Counts an answered request. */
  readonly onAnswer: OnAnswer;
}

/** Serves a daemon's metrics until it is disposed of. A failure to listen is logged and is not fatal. */
export function serveDaemonMetrics(options: DaemonMetricsOptions): DaemonMetrics {
  const { address, methods, counters, supervisor, connections, startSeconds, log } = options;
  const requests = new RequestMetrics(methods);
  const page = async () =>
    formatMetrics({
      counters,
      requests,
      connections: connections.size,
      running: supervisor.running,
      replayBytes: supervisor.replayBytes,
      residentBytes: Deno.memoryUsage().rss,
      openFds: await countOpenDescriptors(),
      startSeconds,
    });
  const server = serveMetrics({ address, page, log });
  return {
    onAnswer: (method, code, ms) => requests.note(method, code, ms / 1000),
    [Symbol.asyncDispose]: async () => await server?.[Symbol.asyncDispose](),
  };
}

interface MetricsServerOptions {
  /** The address, as `host:port`; all interfaces without a host. */
  readonly address: string;
  /** Returns the page. */
  readonly page: () => Promise<string>;
  /** The log of the daemon. */
  readonly log: Logger;
}

function serveMetrics({ address, page, log }: MetricsServerOptions): AsyncDisposable | undefined {
  try {
    const { hostname, port } = parseListenAddress(address);
    const stop = new AbortController();
    const server = Deno.serve({ hostname, port, signal: stop.signal, onListen() {} }, async ({ url, method }) => {
      if (new URL(url).pathname !== "/metrics") return new Response("404 page not found\n", { status: 404 });
      if (method !== "GET" && method !== "HEAD") return new Response("405 method not allowed\n", { status: 405 });
      return new Response(await page(), { headers: { "content-type": CONTENT_TYPE } });
    });
    const { addr } = server;
    const host = addr.hostname.includes(":") ? `[${addr.hostname}]` : addr.hostname;
    log.info(`[Server] metrics: serving Prometheus counters on ${host}:${addr.port}/metrics`);
    if (!isLoopback(addr.hostname)) {
      log.warn(`[Server] metrics: ${address} may be reached from other machines without a token`);
    }
    return {
      async [Symbol.asyncDispose]() {
        stop.abort();
        await server.finished;
      },
    };
  } catch (error) {
    log.error(`[Server] metrics: listen ${address}: ${listenErrorText(address, error)}`);
    return undefined;
  }
}

function listenErrorText(address: string, error: unknown): string {
  return error instanceof SyntaxError ? error.message : `listen tcp ${address}: bind: ${errnoText(error)}`;
}
