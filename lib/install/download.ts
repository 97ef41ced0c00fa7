/**
 * Downloading a file, with limits on its size, its duration and pauses without data.
 *
 * @module
 */

import type { Clock } from "../system/clock.ts";
import { freeIfLast } from "../system/free_buffer.ts";
import { BodyError, type HttpResponse, requestFile } from "./http_response.ts";
import { InstallError } from "./install_error.ts";

const MAX_REDIRECTS = 10;
/** The content encodings that are decompressed. */
const GZIP: ReadonlySet<string> = new Set(["gzip", "x-gzip"]);
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Options of {@linkcode download}. */
export interface DownloadOptions {
  /** The URL; http or https. */
  readonly url: string;
  /** The size limit, in bytes; 0 for none. */
  readonly maxBytes: number;
  /** The longest time without data, in milliseconds; 0 for no limit. */
  readonly stallMs: number;
  /** The longest duration of the download, in milliseconds; 0 for no limit. */
  readonly timeoutMs: number;
  /** The source of time. */
  readonly clock: Clock;
  /** Whether the error of a download that ends early tells how far it got. @default {false} */
  readonly tellsInterruption?: boolean;
  /** Aborts the download. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the response begins, with its length if that is known. */
  readonly onStart: (total: number | undefined) => void;
  /** Called with each piece, which is valid only during the call. */
  readonly onData: (chunk: Uint8Array) => void;
}

/** The progress of a download. */
interface Progress {
  bytes: number;
  total: number | undefined;
  hasResponse: boolean;
}

/**
 * Downloads a file.
 *
 * @throws {InstallError} With the contract's text.
 * @throws The signal's reason, and what `onData` throws.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { timeoutMs, stallMs, clock, signal, tellsInterruption = false } = options;
  const progress: Progress = { bytes: 0, total: undefined, hasResponse: false };
  const stop = new AbortController();
  const abort = () => stop.abort(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();
  const cancelTimeout = timeoutMs === 0
    ? undefined
    : clock.after(timeoutMs, () => stop.abort(new InstallError(timeoutText(progress))));
  const stallWatch = watchForStalls(
    stallMs,
    clock,
    () =>
      stop.abort(new InstallError(tellsInterruption ? silenceText(progress, stallMs) : stallText(progress, stallMs))),
  );
  try {
    await using response = await request(options.url, stop.signal, stallWatch.note);
    progress.hasResponse = true;
    await readBody(response, options, progress, stallWatch.note);
    // A body without a length ends without an error when its connection is aborted.
    stop.signal.throwIfAborted();
  } catch (error) {
    if (stop.signal.aborted) throw stop.signal.reason;
    if (error instanceof BodyError && tellsInterruption) {
      throw new InstallError(`download interrupted after ${progressText(progress)}: ${error.reason}`, { cause: error });
    }
    throw error;
  } finally {
    stallWatch.cancel();
    cancelTimeout?.();
    signal?.removeEventListener("abort", abort);
  }
}

function timeoutText({ hasResponse }: Progress): string {
  const phase = hasResponse
    ? "Client.Timeout or context cancellation while reading body"
    : "Client.Timeout exceeded while awaiting headers";
  return `download failed: context deadline exceeded (${phase})`;
}

function stallText(progress: Progress, stallMs: number): string {
  return `download stalled: no data for ${stallMs / 1000}s after ${progressText(progress)}`;
}

function silenceText(progress: Progress, stallMs: number): string {
  if (progress.hasResponse) return stallText(progress, stallMs);
  return "download failed: net/http: timeout awaiting response headers";
}

function progressText({ bytes, total }: Progress): string {
  return `${bytes}/${total ?? "unknown"} bytes`;
}

function watchForStalls(ms: number, clock: Clock, onStall: () => void): { note: () => void; cancel: () => void } {
  let last = clock.elapsed();
  let cancel: (() => void) | undefined;
  // One timer serves many pieces: it is restarted if data arrived in the meantime.
  const check = () => {
    const left = last + ms - clock.elapsed();
    if (left <= 0) onStall();
    else cancel = clock.after(left, check);
  };
  if (ms > 0) cancel = clock.after(ms, check);
  return { note: () => void (last = clock.elapsed()), cancel: () => cancel?.() };
}

async function request(address: string, signal: AbortSignal, onResponse: () => void): Promise<HttpResponse> {
  let url = parseUrl(address);
  for (let redirects = 0;; redirects++) {
    const response = await requestFile(url, signal);
    onResponse();
    const { status } = response;
    if (status === 200) return response;
    const location = response.header("location");
    await response[Symbol.asyncDispose]();
    if (!REDIRECTS.has(status)) throw new InstallError(`download failed with status ${status}`);
    if (redirects === MAX_REDIRECTS) {
      throw new InstallError(`download failed: stopped after ${MAX_REDIRECTS} redirects`);
    }
    if (!location) throw new InstallError(`download failed: ${status} response missing Location header`);
    url = parseUrl(location, url);
  }
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base);
  if (url === null) throw new InstallError("download failed: invalid URL");
  if (url.protocol === "http:" || url.protocol === "https:") return url;
  throw new InstallError(`download failed: unsupported protocol scheme "${url.protocol.slice(0, -1)}"`);
}

async function readBody(
  response: HttpResponse,
  { maxBytes, onStart, onData }: DownloadOptions,
  progress: Progress,
  note: () => void,
): Promise<void> {
  // Some servers compress despite the request header; the length is then that of the compressed body.
  const isCompressed = GZIP.has(response.header("content-encoding")?.toLowerCase() ?? "");
  progress.total = isCompressed ? undefined : lengthOf(response);
  if (maxBytes > 0 && (progress.total ?? 0) > maxBytes) throw tooLarge(maxBytes);
  onStart(progress.total);
  const body = noting(response.body, note);
  for await (const chunk of isCompressed ? unzipped(body) : body) {
    progress.bytes += chunk.length;
    if (maxBytes > 0 && progress.bytes > maxBytes) throw tooLarge(maxBytes);
    onData(chunk);
    freeIfLast(chunk);
  }
}

/** Notes each piece as soon as it arrives, before it is processed. */
async function* noting(body: AsyncIterable<Uint8Array>, note: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    note();
    yield chunk;
  }
}

/** Returns the length of a response. The header may list it twice, and a chunked body has none. */
function lengthOf(response: HttpResponse): number | undefined {
  const length = response.header("content-length")?.split(",")[0]?.trim() ?? "";
  return response.header("transfer-encoding") === undefined && /^\d+$/.test(length) ? Number(length) : undefined;
}

async function* unzipped(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { createGunzip } = await import("node:zlib");
  const { Readable } = await import("node:stream");
  const source = Readable.from(body);
  const plain = createGunzip();
  source.on("error", (error) => plain.destroy(error));
  try {
    yield* source.pipe(plain) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (error instanceof InstallError) throw error;
    throw new InstallError(`download failed: ${gzipErrorText(error)}`, { cause: error });
  } finally {
    source.destroy();
    plain.destroy();
  }
}

/** Maps the messages of zlib to the contract's texts; the first match counts. */
const GZIP_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/unexpected end of file/, "unexpected EOF"],
  [/incorrect header check|unknown compression method|unknown header flags/, "gzip: invalid header"],
  [/incorrect (?:data|length) check/, "gzip: invalid checksum"],
];

function gzipErrorText(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return GZIP_TEXTS.find(([pattern]) => pattern.test(said))?.[1] ?? "flate: corrupt input";
}

function tooLarge(maxBytes: number): InstallError {
  return new InstallError(`download failed: response exceeds ${maxBytes} bytes`);
}
