/**
 * The hub's web address: it answers until it is disposed of.
 *
 * @module
 */

import { addressText, type ListenAddress } from "../access/addresses.ts";
import type { TlsMaterial } from "../access/tls_files.ts";
import { type Clock, happensWithin } from "../../system/clock.ts";
import type { Logger } from "../../system/log.ts";
import { ServeError } from "../../system/serve_error.ts";
import type { App } from "./app.ts";
import { toListenError } from "./listen_error.ts";

/** How long requests may take when the hub stops, in milliseconds. */
const FINISH_MS = 1_000;
/** How long to wait before the server is opened again, in milliseconds. */
const REOPEN_MS = 1_000;

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
export function serveHttp(options: HttpServerOptions): HttpServer {
  return new LastingServer(options);
}

/** A server of the runtime that is running, and what ends it at once. */
interface RunningServer {
  readonly server: Deno.HttpServer<Deno.NetAddr>;
  readonly stop: AbortController;
}

/**
 * A server that is opened again when the runtime gives it up. The runtime does that as soon as it cannot accept a
 * connection, such as when too many files are open.
 */
class LastingServer implements HttpServer {
  readonly url: string;
  readonly #options: HttpServerOptions;
  /** `undefined` while it is not open. */
  #running: RunningServer | undefined;
  #cancelReopening = () => {};

  constructor(options: HttpServerOptions) {
    const running = listenOn(options);
    const listen = { ...options.listen, port: running.server.addr.port };
    this.#options = { ...options, listen };
    this.url = urlOf(listen, options.tls !== undefined);
    this.#keepOpen(running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelReopening();
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return;
    const finished = running.server.shutdown();
    if (await happensWithin(finished, FINISH_MS, this.#options.clock)) return;
    running.stop.abort();
    await running.server.finished;
  }

  #keepOpen(running: RunningServer): void {
    this.#running = running;
    const { server } = running;
    server.finished.catch((error) => {
      if (this.#running !== running) return;
      this.#running = undefined;
      this.#options.log.error(`the web address has failed, and is opened again soon: ${error}`);
      // This ends connections that are idle, which may be too many.
      void server.shutdown();
      this.#reopenLater();
    });
  }

  #reopenLater(): void {
    this.#cancelReopening = this.#options.clock.after(REOPEN_MS, () => {
      let running: RunningServer;
      try {
        running = listenOn(this.#options);
      } catch (error) {
        if (!(error instanceof ServeError)) throw error;
        return this.#reopenLater();
      }
      this.#options.log.info("the web address is open again");
      this.#keepOpen(running);
    });
  }
}

function listenOn({ listen: { hostname, port }, tls, app, log }: HttpServerOptions): RunningServer {
  const onError = (error: unknown) => {
    log.error(`[bug] a request failed: ${Deno.inspect(error)}`);
    return new Response(null, { status: 500 });
  };
  const stop = new AbortController();
  try {
    const options = { hostname, port, signal: stop.signal, onError, onListen: () => {} };
    return { server: tls === undefined ? Deno.serve(options, app) : Deno.serve({ ...options, ...tls }, app), stop };
  } catch (error) {
    throw toListenError(error, { hostname, port });
  }
}

/** A server on all addresses is reached by that of this machine. */
function urlOf({ hostname, port }: ListenAddress, isTls: boolean): string {
  const own = hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "::1" : hostname;
  return `${isTls ? "https" : "http"}://${addressText({ hostname: own, port })}`;
}
