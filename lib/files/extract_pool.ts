/**
 * All extractions of a daemon: as many at once as there are cores, the rest in a queue.
 *
 * @module
 */

import { NotRegularError, requireRegular } from "../system/regular_file.ts";
import type { ExtractResult } from "./extract.ts";
import { extractTar, type ExtractTarOptions } from "./extract_tar.ts";
import { PathError } from "./path_error.ts";
import { isDirectory, isRegular, statFile } from "./file_facts.ts";

/** How archives are extracted. */
export interface ExtractPoolOptions extends Pick<ExtractTarOptions, "maxBytes" | "canNarrow" | "worker"> {
  /** How many may run at once. @default {the number of cores} */
  readonly limit?: number;
}

/** Which archive is extracted, and where to. */
export type ExtractJob = Pick<ExtractTarOptions, "archivePath" | "destDir" | "shownDir">;

const STOPPED: ExtractResult = { fileCount: 0, error: "extraction stopped: the daemon is shutting down" };
const ABANDONED: ExtractResult = { fileCount: 0, error: "extraction not started: the client is gone" };

/** Runs extractions; see the module. */
export class ExtractPool implements Disposable {
  readonly #options: ExtractPoolOptions;
  readonly #limit: number;
  readonly #stop = new AbortController();
  /** Each starts one that waits, in the order they came. */
  readonly #queue = new Set<() => void>();
  #running = 0;

  /** Runs nothing yet. */
  constructor(options: ExtractPoolOptions) {
    this.#options = options;
    this.#limit = options.limit ?? navigator.hardwareConcurrency;
  }

  /** How many run. */
  get running(): number {
    return this.#running;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Extracts an archive. What is no regular file is refused at once, before a worker exists.
   *
   * @param job The archive and its destination.
   * @param client Aborted when nobody wants it any more; one that has begun is finished all the same.
   * @returns What came of it, in the contract's words; an extraction that does not run to its end is a failure.
   */
  async extract(job: ExtractJob, client?: AbortSignal): Promise<ExtractResult> {
    const refusal = await refusalOf(job.archivePath);
    if (refusal !== undefined) return { fileCount: 0, error: `open archive: ${refusal.message}` };
    if (!await this.#turn(client)) return this.#stop.signal.aborted ? STOPPED : ABANDONED;
    try {
      const { limit: _limit, ...options } = this.#options;
      return await extractTar({ ...options, ...job, signal: this.#stop.signal });
    } catch (error) {
      if (this.#stop.signal.aborted) return STOPPED;
      throw error;
    } finally {
      this.#running--;
      this.#startNext();
    }
  }

  /** Ends the extractions that run, wherever they are, and drops those that wait. */
  [Symbol.dispose](): void {
    this.#stop.abort();
  }

  /** Waits for a place among those that run, and takes it; false when it is not wanted any more. */
  async #turn(client: AbortSignal | undefined): Promise<boolean> {
    const given = client === undefined ? this.#stop.signal : AbortSignal.any([client, this.#stop.signal]);
    if (given.aborted) return false;
    if (this.#running < this.#limit) {
      this.#running++;
      return true;
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const start = () => {
      this.#running++;
      resolve(true);
    };
    const leave = () => {
      if (this.#queue.delete(start)) resolve(false);
    };
    this.#queue.add(start);
    given.addEventListener("abort", leave, { once: true });
    try {
      return await promise;
    } finally {
      given.removeEventListener("abort", leave);
    }
  }

  #startNext(): void {
    if (this.#stop.signal.aborted) return;
    for (const start of this.#queue) {
      this.#queue.delete(start);
      return start();
    }
  }
}

/** Why a path cannot be opened as an archive; `undefined` when nothing stands against it. */
async function refusalOf(path: string): Promise<PathError | undefined> {
  try {
    const facts = await statFile(path);
    requireRegular({ isFile: isRegular(facts), isDirectory: isDirectory(facts) });
    return undefined;
  } catch (error) {
    if (error instanceof PathError) return new PathError("open", path, error.cause);
    if (error instanceof NotRegularError) return new PathError("open", path, error);
    throw error;
  }
}
