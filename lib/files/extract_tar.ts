/**
 * Extracting an archive in a worker, so that the daemon can serve other clients in the meantime
 * (contract: Files methods, `files.extract_tar`).
 *
 * @module
 */

import { removeQuietly } from "../system/remove.ts";
import type { ExtractResult } from "./extract.ts";
import type { ExtractMessage, ExtractRequest } from "./extract_worker.ts";

/** Options of {@linkcode extractTar}. */
export interface ExtractTarOptions extends Omit<ExtractRequest, "stopFlag"> {
  /** Whether the runtime can start a worker with fewer permissions than this program. */
  readonly canNarrow: boolean;
  /** The module of the worker. @default {extract_worker_main.ts} */
  readonly worker?: URL;
  /** Stops the worker at once. */
  readonly signal?: AbortSignal;
}

/**
 * Extracts an archive in a worker. Once the archive has been opened it is removed, whatever the result.
 *
 * @throws {Error} If the worker itself fails.
 * @throws The signal's reason.
 */
export async function extractTar(options: ExtractTarOptions): Promise<ExtractResult> {
  const { archivePath, destDir, shownDir = destDir, maxBytes, contract = "seed", signal } = options;
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
    worker.postMessage({ archivePath, destDir, shownDir, maxBytes, contract, stopFlag } satisfies ExtractRequest);
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
