/**
 * The worker that extracts an archive. Its permissions are limited to reading the archive and writing the destination,
 * so that the runtime enforces what the checks here are for (contract: Daemon life).
 *
 * @module
 */

import type { GenerationName } from "../contract/generation.ts";
import { type ExtractRules, SEED_RULES } from "./extract_rules.ts";
import { extractArchive, type ExtractOptions } from "./extract.ts";

/** The request to the worker. */
export interface ExtractRequest extends Pick<ExtractOptions, "archivePath" | "destDir" | "shownDir" | "maxBytes"> {
  /** The generation of the contract whose rules hold. @default {"seed"} */
  readonly contract?: GenerationName;
  /** Shared memory whose first element is set to stop the worker; a busy worker receives no messages. */
  readonly stopFlag: Int32Array<SharedArrayBuffer>;
}

/** The rules of each generation. */
const RULES: Readonly<Record<GenerationName, () => Promise<ExtractRules>>> = {
  seed: () => Promise.resolve(SEED_RULES),
  next: async () => (await import("./extract_rules_next.ts")).NEXT_RULES,
};

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
  scope.onmessage = async ({ data: { stopFlag, contract, ...request } }) => {
    const rules = contract === undefined ? undefined : await RULES[contract]();
    const onOpened = () => scope.postMessage({ kind: "opened" });
    const isStopped = () => Atomics.load(stopFlag, 0) !== 0;
    const result = await extractArchive({
      ...request,
      onOpened,
      isStopped,
      ...(rules === undefined ? {} : { rules }),
      ...(resolve === undefined ? {} : { resolve }),
    });
    scope.postMessage({ kind: "done", ...result });
  };
}
