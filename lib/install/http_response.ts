/**
 * Requesting a file over HTTP, as a stream. `fetch` needs little memory, but it refuses the ports that browsers block;
 * for those, the client of `node:http` is used.
 *
 * That client stands in for `fetch`. It may go once `fetch` can be told to use any port.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";
import { connectionErrorText } from "./http_error.ts";
import { InstallError } from "./install_error.ts";

/** The response of a server. */
export interface HttpResponse extends AsyncDisposable {
  /** The status code. */
  readonly status: number;
  /** Returns the value of a header; the name is in lower case. */
  header(name: string): string | undefined;
  /** The body as it was sent, in pieces; throws if it ends too early. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Requests the file uncompressed: its length and its checksum are those of the file itself. */
const HEADERS = { "accept-encoding": "identity" } as const;
const BLOCKED_PORT = /port \d+ (?:is|are) blocked/;

/**
 * Requests a file; redirects are not followed.
 *
 * @throws {InstallError} If there is no response, or it is not HTTP.
 */
export async function requestFile(url: URL, signal: AbortSignal): Promise<HttpResponse> {
  try {
    return await viaFetch(url, signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof Error && BLOCKED_PORT.test(error.message)) return await viaNode(url, signal);
    throw failed(error, url);
  }
}

async function viaFetch(url: URL, signal: AbortSignal): Promise<HttpResponse> {
  const response = await fetch(url, { headers: HEADERS, redirect: "manual", signal });
  return {
    status: response.status,
    header: (name) => response.headers.get(name) ?? undefined,
    body: readable(response.body ?? [], url),
    async [Symbol.asyncDispose]() {
      // A body that failed or was aborted cannot be cancelled.
      await response.body?.cancel().catch((error) => {
        if (!(error instanceof Error)) throw error;
      });
    },
  };
}

async function viaNode(url: URL, signal: AbortSignal): Promise<HttpResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { get } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const request = get(url, { agent: false, headers: HEADERS }, resolve);
  // Some requests end without an error event.
  request.on("error", (error) => reject(failed(error, url)));
  request.on("close", () => reject(failed(new Error("socket hang up"), url)));
  request.on("upgrade", (_response, socket) => {
    socket.destroy();
    reject(failed(new Error("invalid HTTP: an unexpected upgrade"), url));
  });
  const abort = () => {
    reject(signal.reason);
    request.destroy();
  };
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const release = () => signal.removeEventListener("abort", abort);
  try {
    const response = await promise;
    const close = () => {
      release();
      response.destroy();
    };
    return {
      status: response.statusCode ?? 0,
      header: (name) => response.headers[name]?.toString(),
      body: readable(completely(response), url),
      [Symbol.asyncDispose]: () => Promise.resolve(close()),
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** Yields the body and throws if it is incomplete; `node:http` ends a truncated body without an error. */
async function* completely(response: IncomingMessage): AsyncGenerator<Uint8Array> {
  yield* response as AsyncIterable<Uint8Array>;
  if (!response.complete) throw new Error("end of file before message length reached");
}

/** The body of a response ended too early, or could not be read. */
export class BodyError extends InstallError {
  /** What the connection says about it. */
  readonly reason: string;

  /** @param reason What the connection says about it. */
  constructor(reason: string, options?: ErrorOptions) {
    super(`download failed: ${reason}`, options);
    this.reason = reason;
  }
}

async function* readable(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, url: URL): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw new BodyError(connectionErrorText(error, url), { cause: error });
  }
}

function failed(error: unknown, url: URL): InstallError {
  return new InstallError(`download failed: ${connectionErrorText(error, url)}`, { cause: error });
}
