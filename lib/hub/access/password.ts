/**
 * Checks the password of the hub in a worker, so that the hub serves others in the meantime.
 *
 * @module
 */

import { OperationError } from "../operation_error.ts";
import type { PasswordRequest } from "./password_worker.ts";

/** How many checks may wait while one runs. */
const MAX_WAITING = 8;
/** When to try again after too many at once, in seconds: by then, all that waited are done. */
const RETRY_SECONDS = 2;
/** The name of the worker, by which a bundle of one file tells what the worker does. */
const WORKER_NAME = "password";

/** Options of {@linkcode PasswordChecker}. */
export interface PasswordCheckerOptions {
  /** The hash in the PHC string format; `undefined` if there is no password. */
  readonly hash: string | undefined;
  /** Whether the runtime can start a worker with fewer permissions than this program. @default {false} */
  readonly canNarrow?: boolean;
  /** The module of the worker. @default {password_worker_main.ts} */
  readonly worker?: URL;
}

/**
 * Checks one password at a time. Each check has a worker of its own, whose 19 MiB are free again once it has ended; the
 * memory of a lasting worker, or of the hub itself, would be free only some checks later.
 */
export class PasswordChecker implements Disposable {
  readonly #options: PasswordCheckerOptions;
  readonly #stop = new AbortController();
  /** How many checks run or wait. */
  #open = 0;
  /** Settles when the last check is done. */
  #last: Promise<void> = Promise.resolve();

  /** @param options What is checked, and how. */
  constructor(options: PasswordCheckerOptions) {
    this.#options = options;
  }

  /**
   * Checks a password. It takes as long without a password in the configuration as with one.
   *
   * @returns Whether it is the password of the configuration.
   * @throws {OperationError} If too many checks wait, or the hub is stopping.
   * @throws {Error} If the worker itself fails.
   */
  async check(password: string): Promise<boolean> {
    if (this.#open > MAX_WAITING) {
      throw new OperationError("too_many", "too many sign-ins at once: try again in a moment", RETRY_SECONDS);
    }
    this.#open++;
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = done;
    try {
      await before;
      return await this.#checkInWorker(password);
    } finally {
      this.#open--;
      resolve();
    }
  }

  /** Stops the running check and those that wait; further ones are refused. */
  [Symbol.dispose](): void {
    this.#stop.abort(new OperationError("unavailable", "the hub is stopping"));
  }

  async #checkInWorker(password: string): Promise<boolean> {
    const { hash, canNarrow = false, worker: module } = this.#options;
    const { signal } = this.#stop;
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    const worker = startWorker(module ?? new URL("./password_worker_main.ts", import.meta.url), canNarrow);
    worker.onmessage = ({ data }: MessageEvent<boolean>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`password worker failed: ${event.message}`));
    };
    try {
      worker.postMessage({ hash, password } satisfies PasswordRequest);
      return await promise;
    } finally {
      signal.removeEventListener("abort", stop);
      worker.terminate();
    }
  }
}

function startWorker(module: URL, canNarrow: boolean): Worker {
  const options = { type: "module", name: WORKER_NAME };
  return new Worker(module, (canNarrow ? { ...options, deno: { permissions: "none" } } : options) as WorkerOptions);
}
