/**
 * The worker that extracts an archive. Its permissions are limited to reading the archive and writing the destination,
 * so that the runtime enforces what the checks here are for (contract: Daemon life).
 *
 * @module
 */

import { extractArchive, type ExtractOptions } from "./extract.ts";

/** The request to the worker. */
export interface ExtractRequest extends Pick<ExtractOptions, "archivePath" | "destDir" | "shownDir" | "maxBytes"> {
  /** Shared memory whose first element is set to stop the worker; a busy worker receives no messages. */
  readonly stopFlag: Int32Array<SharedArrayBuffer>;
}

/** A message from the worker. */
export type ExtractMessage =
  | { readonly kind: "opened" }
  | { readonly kind: "done"; readonly fileCount: number; readonly error?: string };

/** The part of a worker's global scope that is used here; the available types are those of a window. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ExtractRequest>) => void) | null;
  postMessage(message: ExtractMessage): void;
}

/**
 * Handles one request in a worker.
 *
 * @param resolve Returns the path of an entry; only tests pass it.
 */
export function serveExtraction(resolve?: ExtractOptions["resolve"]): void {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = async ({ data: { stopFlag, ...request } }) => {
    const onOpened = () => scope.postMessage({ kind: "opened" });
    const isStopped = () => Atomics.load(stopFlag, 0) !== 0;
    const result = await extractArchive({
      ...request,
      onOpened,
      isStopped,
      ...(resolve === undefined ? {} : { resolve }),
    });
    scope.postMessage({ kind: "done", ...result });
  };
}
