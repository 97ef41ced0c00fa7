/**
 * The hub's web address: it answers until it is disposed of.
 *
 * @module
 */

import { addressText, type ListenAddress } from "../access/addresses.ts";
import type { TlsMaterial } from "../access/tls_files.ts";
import { type Clock, happensWithin } from "../../system/clock.ts";
import { errnoText } from "../../system/errno.ts";
import type { Logger } from "../../system/log.ts";
import { ServeError } from "../../system/serve_error.ts";
import type { App } from "./app.ts";

/** How long requests may take when the hub stops, in milliseconds. */
const FINISH_MS = 1_000;

/** Options of {@linkcode serveHttp}. */
export interface HttpServerOptions {
  /** Where to listen. */
  readonly listen: ListenAddress;
  /** The certificate, for https. */
  readonly tls?: TlsMaterial | undefined;
  /** Answers requests. */
  readonly app: App;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the hub. */
  readonly log: Logger;
}

/** A server that answers. */
export interface HttpServer extends AsyncDisposable {
  /** Its address, such as `http://127.0.0.1:7621`. */
  readonly url: string;
}

/**
 * Starts to answer.
 *
 * @throws {ServeError} If the address cannot be used.
 */
export function serveHttp({ listen, tls, app, clock, log }: HttpServerOptions): HttpServer {
  const stop = new AbortController();
  const server = listenOn(listen, tls, stop.signal, app, log);
  return {
    url: urlOf({ ...listen, port: server.addr.port }, tls !== undefined),
    async [Symbol.asyncDispose]() {
      const finished = server.shutdown();
      if (await happensWithin(finished, FINISH_MS, clock)) return;
      stop.abort();
      await server.finished;
    },
  };
}

function listenOn(
  { hostname, port }: ListenAddress,
  tls: TlsMaterial | undefined,
  signal: AbortSignal,
  app: App,
  log: Logger,
): Deno.HttpServer<Deno.NetAddr> {
  const onError = (error: unknown) => {
    log.error(`[bug] a request failed: ${Deno.inspect(error)}`);
    return new Response(null, { status: 500 });
  };
  try {
    const options = { hostname, port, signal, onError, onListen: () => {} };
    return tls === undefined ? Deno.serve(options, app) : Deno.serve({ ...options, ...tls }, app);
  } catch (error) {
    const address = addressText({ hostname, port });
    const advice = error instanceof Deno.errors.AddrInUse
      ? `another program uses ${address}: choose another port with --listen, or none with --no-web`
      : `cannot listen on ${address}: ${errnoText(error)}`;
    throw new ServeError(advice, { cause: error });
  }
}

/** A server on all addresses is reached by that of this machine. */
function urlOf({ hostname, port }: ListenAddress, isTls: boolean): string {
  const own = hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "::1" : hostname;
  return `${isTls ? "https" : "http"}://${addressText({ hostname: own, port })}`;
}
