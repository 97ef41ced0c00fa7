/**
 * Runs the extractions of a daemon: as many at once as there are cores; the others are queued.
 *
 * @module
 */

import { NotRegularError, requireRegular } from "../system/regular_file.ts";
import type { ExtractResult } from "./extract.ts";
import { extractTar, type ExtractTarOptions } from "./extract_tar.ts";
import { PathError } from "./path_error.ts";
import { isDirectory, isRegular, statFile } from "./file_facts.ts";

/** How archives are extracted. */
export interface ExtractPoolOptions extends Pick<ExtractTarOptions, "maxBytes" | "canNarrow" | "worker" | "contract"> {
  /** The most extractions that run at once. @default {the number of cores} */
  readonly limit?: number;
}

/** The archive and the destination of an extraction. */
export type ExtractJob = Pick<ExtractTarOptions, "archivePath" | "destDir" | "shownDir">;

const STOPPED: ExtractResult = { fileCount: 0, error: "extraction stopped: the daemon is shutting down" };
const ABANDONED: ExtractResult = { fileCount: 0, error: "extraction not started: the client is gone" };

/** Runs a limited number of extractions at once and queues the others. */
export class ExtractPool implements Disposable {
  readonly #options: ExtractPoolOptions;
  readonly #limit: number;
  readonly #stop = new AbortController();
  /** Functions that start the queued extractions, in order. */
  readonly #queue = new Set<() => void>();
  #running = 0;

  /** Creates a pool without extractions. */
  constructor(options: ExtractPoolOptions) {
    this.#options = options;
    this.#limit = options.limit ?? navigator.hardwareConcurrency;
  }

  /** The number of running extractions. */
  get running(): number {
    return this.#running;
  }

  /** The number of queued extractions. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Extracts an archive. A path that is not a regular file is refused before a worker starts.
   *
   * @param job The archive and its destination.
   * @param client Aborted when the client is gone: a queued extraction is dropped, a running one continues.
   * @returns The result; an extraction that was dropped or stopped counts as failed.
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

  /** Stops the running extractions and drops the queued ones. */
  [Symbol.dispose](): void {
    this.#stop.abort();
  }

  /** Waits until the extraction may run; returns `false` if it was dropped before. */
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

/** Returns why a path cannot be opened as an archive; `undefined` if it can. */
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
