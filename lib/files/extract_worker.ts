/**
 * The worker that extracts an archive; its permissions are narrowed to reading that archive and
 * writing that directory, so that the runtime stands behind our own checks (contract: Daemon life).
 *
 * @module
 */

import { extractArchive, type ExtractOptions } from "./extract.ts";

/** What the worker is asked. */
export interface ExtractRequest extends Pick<ExtractOptions, "archivePath" | "destDir" | "shownDir" | "maxBytes"> {
  /** Shared memory whose first element is set when the worker is to stop. A busy worker cannot be ended otherwise. */
  readonly stopFlag: Int32Array<SharedArrayBuffer>;
}

/** What the worker tells. */
export type ExtractMessage =
  | { readonly kind: "opened" }
  | { readonly kind: "done"; readonly fileCount: number; readonly error?: string };

/** The part of a worker's global scope that is used here; the types at hand are those of a window. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ExtractRequest>) => void) | null;
  postMessage(message: ExtractMessage): void;
}

/**
 * Answers one request in a worker.
 *
 * @param resolve Where an entry goes, if not where it should: for tests.
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
