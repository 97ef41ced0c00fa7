/**
 * Extracting an archive off the event loop, so that other clients are served meanwhile
 * (contract: Files methods, `files.extract_tar`).
 *
 * @module
 */

import { removeQuietly } from "../system/remove.ts";
import type { ExtractResult } from "./extract.ts";
import type { ExtractMessage, ExtractRequest } from "./extract_worker.ts";

/** How the extraction is run. */
export interface ExtractTarOptions extends Omit<ExtractRequest, "stopFlag"> {
  /** Whether the runtime lets a worker have fewer permissions than its maker. */
  readonly canNarrow: boolean;
  /** The worker's module. @default {the one beside this file} */
  readonly worker?: URL;
  /** Ends the worker, wherever it is. */
  readonly signal?: AbortSignal;
}

/**
 * Extracts in a worker; the archive is removed on every outcome once it could be opened.
 *
 * @throws {Error} If the worker itself fails.
 * @throws The signal's reason.
 */
export async function extractTar(options: ExtractTarOptions): Promise<ExtractResult> {
  const { archivePath, destDir, shownDir = destDir, maxBytes, signal } = options;
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<ExtractResult>();
  const stopFlag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const stop = () => {
    Atomics.store(stopFlag, 0, 1);
    reject(signal?.reason);
  };
  signal?.addEventListener("abort", stop, { once: true });
  const worker = startWorker(options);
  let removed: Promise<void> | undefined;
  worker.onmessage = ({ data }: MessageEvent<ExtractMessage>) => {
    if (data.kind === "opened") removed = removeQuietly(archivePath);
    else resolve(data.error === undefined ? { fileCount: data.fileCount } : { fileCount: 0, error: data.error });
  };
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(`extraction worker failed: ${event.message}`));
  };
  try {
    worker.postMessage({ archivePath, destDir, shownDir, maxBytes, stopFlag } satisfies ExtractRequest);
    const result = await promise;
    await removed;
    return result;
  } finally {
    signal?.removeEventListener("abort", stop);
    worker.terminate();
  }
}

function startWorker({ archivePath, destDir, canNarrow, worker }: ExtractTarOptions): Worker {
  const module = worker ?? new URL("./extract_worker_main.ts", import.meta.url);
  const none = { net: false, run: false, env: false, sys: false, ffi: false, import: false } as const;
  const permissions = { ...none, read: [archivePath, destDir], write: [destDir] };
  const options = canNarrow ? { type: "module", deno: { permissions } } : { type: "module" };
  return new Worker(module, options as WorkerOptions);
}
