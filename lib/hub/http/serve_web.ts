/**
 * Puts the hub's web address together.
 *
 * @module
 */

import { listenProblem } from "../access/listen_guard.ts";
import { readTlsFiles } from "../access/tls_files.ts";
import type { HubConfig } from "../hub_config.ts";
import type { LiveFeed } from "../live_feed.ts";
import type { OperationContext } from "../operation.ts";
import { ServeError } from "../../system/serve_error.ts";
import { createApp } from "./app.ts";
import { Gate } from "./gate.ts";
import { type HttpServer, serveHttp } from "./http_server.ts";
import { LiveConnections } from "./live_connections.ts";

/** Options of {@linkcode serveWeb}. */
export interface WebOptions {
  /** The configuration. */
  readonly config: HubConfig;
  /** What happens. */
  readonly feed: LiveFeed;
  /** What operations work with. */
  readonly operations: Omit<OperationContext, "caller" | "browser">;
}

/**
 * Serves the web address that the configuration names, until the result is disposed of.
 *
 * @returns `undefined` if it names none.
 * @throws {ServeError} If the address must not or cannot be used.
 */
export async function serveWeb({ config, feed, operations }: WebOptions): Promise<HttpServer | undefined> {
  const { web: { listen, basePath, tls }, auth } = config;
  if (listen === undefined) return undefined;
  const problem = listenProblem(config);
  if (problem !== undefined) throw new ServeError(problem);
  const { access, clock, log } = operations;
  const material = tls === undefined ? undefined : await readTlsFiles(tls);
  const own = { listen, allowedHosts: auth.allowedHosts };
  const gate = new Gate({ access, auth, own, isTls: tls !== undefined, clock });
  const live = new LiveConnections(access);
  const app = createApp({ gate, operations, feed, live, basePath });
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
