/**
 * Puts the hub's web address together.
 *
 * @module
 */

import { listenProblem } from "../access/listen_guard.ts";
import { readTlsFiles } from "../access/tls_files.ts";
import type { HubConfig } from "../hub_config.ts";
import type { LiveFeed } from "../live_feed.ts";
import { hubMetrics } from "../hub_metrics.ts";
import type { OperationContext } from "../operation.ts";
import type { WebhookState } from "../webhooks/webhook_line.ts";
import { tokenChecker } from "../../rpc/dispatch.ts";
import { ServeError } from "../../system/serve_error.ts";
import { type AppMetrics, createApp } from "./app.ts";
import { Gate } from "./gate.ts";
import { type HttpServer, serveHttp } from "./http_server.ts";
import { LiveConnections } from "./live_connections.ts";
import { RequestCounts } from "./request_counts.ts";

/** Options of {@linkcode serveWeb}. */
export interface WebOptions {
  /** The configuration. */
  readonly config: HubConfig;
  /** What happens. */
  readonly feed: LiveFeed;
  /** What operations work with. */
  readonly operations: Omit<OperationContext, "caller" | "browser">;
  /** How it goes with each webhook, for the metrics. @default {there are none} */
  readonly webhooks?: { readonly states: readonly WebhookState[] };
}

/**
 * Serves the web address that the configuration names, until the result is disposed of.
 *
 * @returns `undefined` if it names none.
 * @throws {ServeError} If the address must not or cannot be used.
 */
export async function serveWeb(options: WebOptions): Promise<HttpServer | undefined> {
  const { config, feed, operations } = options;
  const { web: { listen, basePath, tls }, auth } = config;
  if (listen === undefined) return undefined;
  const problem = listenProblem(config);
  if (problem !== undefined) throw new ServeError(problem);
  const { access, clock, log } = operations;
  const material = tls === undefined ? undefined : await readTlsFiles(tls);
  const own = { listen, allowedHosts: auth.allowedHosts };
  const gate = new Gate({ access, auth, own, isTls: tls !== undefined, clock });
  const live = new LiveConnections(access, clock);
  const metrics = appMetrics(options, live);
  const app = createApp({
    gate,
    operations,
    feed,
    live,
    basePath,
    hasPassword: auth.passwordHash !== undefined,
    metrics,
  });
  const server = serveHttp({ listen, tls: material, app, clock, log });
  access.url = `${server.url}${basePath}`;
  return {
    url: access.url,
    async [Symbol.asyncDispose]() {
      await live[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

function appMetrics(
  { config: { metricsToken }, operations: { sessions, store, access, clock }, webhooks }: WebOptions,
  live: LiveConnections,
): AppMetrics | undefined {
  if (metricsToken === undefined) return undefined;
  const requests = new RequestCounts();
  const startedAt = clock.now();
  return {
    requests,
    isToken: tokenChecker(metricsToken),
    text: () =>
      hubMetrics({ sessions, store, access, live, requests, webhooks: webhooks?.states ?? [], startedAt, clock }),
  };
}
