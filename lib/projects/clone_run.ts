/**
 * One clone, from git's start to the project that is there, or to nothing.
 *
 * @module
 */

import { abortable } from "../client/abortable.ts";
import type { Client } from "../client/connect.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import { ConnectionLostError, DaemonGoneError, RpcCallError } from "../client/errors.ts";
import { HELPER_PREFIX } from "../client/run_command.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { type Clock, happensWithin } from "../system/clock.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { cloneDirectory, removeClone, sizeOf } from "./clone_directory.ts";
import { CloneError } from "./clone_error.ts";
import { cloneCommand, type CloneOrder } from "./clone_git.ts";
import { CloneProgress } from "./clone_progress.ts";
import { existing, ProjectRoot } from "./project_root.ts";
import type { CloneJob } from "./types.ts";

/** How often to look how large a clone is, in milliseconds. */
const LOOK_MS = 500;
/** How much longer than a look itself the pause after it is, so that large clones are not looked at all the time. */
const PAUSES_PER_LOOK = 4;
/** How often progress is told at most, in milliseconds. */
const TELL_MS = 200;
/** How long a git that is killed may take to end, in milliseconds. */
const KILL_MS = 2_000;
/** How long to wait before a directory is removed again, in milliseconds. */
const REMOVE_AGAIN_MS = 100;

/** Options of {@linkcode CloneRun}. */
export interface CloneRunOptions extends Omit<CloneOrder, "directory"> {
  /** The id, by which its directory and its process are known. */
  readonly id: string;
  /** The name of the project to be. */
  readonly name: string;
  /** The directory of the projects. */
  readonly root: string;
  /** How large it may become, in bytes. */
  readonly maxBytes: number;
  /** How long it may take, in milliseconds. */
  readonly timeoutMs: number;
  /** The connection to the daemon. */
  readonly line: Pick<DaemonLine, "soon">;
  /** The source of time. */
  readonly clock: Clock;
  /** More arguments of ssh; in tests only. */
  readonly sshArgs: readonly string[];
  /** Called when there is something new to tell. */
  readonly onChange: (job: CloneJob) => void;
  /** Called with unexpected errors. */
  readonly onError: (error: unknown) => void;
}

/** The id of the process of a clone. */
export function cloneProcess(id: string): string {
  return `${HELPER_PREFIX}clone/${id}`;
}

/** Ends a clone on request. */
class Cancellation extends ClaustrumError {}

/** A clone that runs, or has ended. */
export class CloneRun {
  /** Settles when the clone has ended and nothing is left to be removed; never rejects. */
  readonly ended: Promise<void>;
  readonly #options: CloneRunOptions;
  readonly #directory: string;
  readonly #progress = new CloneProgress();
  readonly #stop = new AbortController();
  #job: CloneJob;
  #toldAt = -Infinity;

  /** Begins the clone. */
  constructor(options: CloneRunOptions) {
    const { id, name, root, source, clock } = options;
    this.#options = options;
    this.#directory = `${root}/${cloneDirectory(name, id)}`;
    const started_at = new Date(clock.now()).toISOString();
    this.#job = { id, name, url: source.url, status: "running", bytes: 0, started_at };
    this.ended = this.#run();
  }

  /** The state. */
  get job(): CloneJob {
    return this.#job;
  }

  /** Ends the clone; settles when nothing is left of it. Does nothing if it has ended. */
  async cancel(): Promise<void> {
    this.#stop.abort(new Cancellation("the clone was cancelled"));
    await this.ended;
  }

  async #run(): Promise<void> {
    const { clock, timeoutMs } = this.#options;
    const cancelTimeout = clock.after(timeoutMs, () => {
      this.#stop.abort(
        new CloneError("refused", `the clone took longer than clone.timeout_seconds: ${timeoutMs / 1_000} s`),
      );
    });
    try {
      await this.#clone();
      await this.#checkSize();
      this.#stop.signal.throwIfAborted();
      await this.#becomeProject();
      this.#end({ status: "done" });
    } catch (error) {
      await this.#remove();
      if (error instanceof Cancellation) this.#end({ status: "cancelled" });
      else this.#end({ status: "failed", error: this.#explain(error) });
    } finally {
      cancelTimeout();
    }
  }

  async #clone(): Promise<void> {
    const { id, line, sshArgs } = this.#options;
    const { signal } = this.#stop;
    const client = await abortable(line.soon(), signal);
    const process = cloneProcess(id);
    const starting = client.spawn({
      ...cloneCommand({ ...this.#options, directory: this.#directory }, sshArgs),
      id: process,
      unreadStderr: "hold",
      discard: ["stdout"],
    });
    let isOver = false;
    const watching = new AbortController();
    const watched = this.#watch(watching.signal);
    try {
      const running = starting.then(async (child) => {
        await child.stdin.close().catch(ignoreClosed);
        const [exit] = await Promise.all([child.exit, this.#read(child.stderr)]);
        return exit;
      });
      const { code } = await abortable(running, signal);
      isOver = true;
      if (code !== 0) throw new CloneError("unavailable", `git could not clone it: ${this.#progress.explain()}`);
    } finally {
      watching.abort();
      await watched;
      const ending = endProcess(client, process, starting, isOver);
      await happensWithin(ending, KILL_MS, this.#options.clock);
    }
  }

  async #read(stderr: ReadableStream<Uint8Array>): Promise<void> {
    for await (const bytes of stderr) {
      if (!this.#progress.push(bytes) || this.#progress.step === undefined) continue;
      const { percent: _, ...job } = this.#job;
      this.#job = { ...job, ...this.#progress.step };
      const { clock } = this.#options;
      if (clock.elapsed() - this.#toldAt >= TELL_MS) this.#tell();
    }
  }

  /** Looks how large the clone is, until there is no need any more. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let pause = LOOK_MS;
    while (await this.#pause(pause, signal)) {
      const start = clock.elapsed();
      try {
        await this.#checkSize();
        this.#tell();
      } catch (error) {
        this.#stop.abort(error);
        return;
      }
      pause = Math.max(LOOK_MS, (clock.elapsed() - start) * PAUSES_PER_LOOK);
    }
  }

  /** Waits; returns whether the signal was not aborted meanwhile. */
  async #pause(ms: number, signal?: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(ms, resolve);
    const wake = () => resolve();
    signal?.addEventListener("abort", wake, { once: true });
    if (!signal?.aborted) await promise;
    signal?.removeEventListener("abort", wake);
    cancel();
    return !signal?.aborted;
  }

  async #checkSize(): Promise<void> {
    const { maxBytes } = this.#options;
    const bytes = await sizeOf(this.#directory, this.#stop.signal);
    this.#job = { ...this.#job, bytes };
    if (bytes <= maxBytes) return;
    throw new CloneError("too_large", `the clone is larger than clone.max_mb: ${maxBytes / (1 << 20)} MB`);
  }

  async #becomeProject(): Promise<void> {
    const { root, name } = this.#options;
    const { path } = await new ProjectRoot(root).placeOfNew(name);
    try {
      // Whoever makes something there right now is not overwritten: only an empty directory gives way.
      await Deno.rename(this.#directory, path);
    } catch (error) {
      if (["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(errnoCode(error) ?? "")) throw existing(path);
      throw error;
    }
  }

  async #remove(): Promise<void> {
    try {
      await removeClone(this.#directory, async () => void await this.#pause(REMOVE_AGAIN_MS));
    } catch (error) {
      // The next start of the hub tries again.
      this.#options.onError(error);
    }
  }

  #explain(error: unknown): string {
    if (error instanceof ClaustrumError) return error.message;
    if (errnoCode(error) !== undefined) return `the clone failed: ${errnoText(error)}`;
    this.#options.onError(error);
    return "the clone failed: the log of the hub says more";
  }

  #end(change: Pick<CloneJob, "status" | "error">): void {
    const { percent: _, ...job } = this.#job;
    this.#job = { ...job, ...change, ended_at: new Date(this.#options.clock.now()).toISOString() };
    this.#tell();
  }

  #tell(): void {
    this.#toldAt = this.#options.clock.elapsed();
    this.#options.onChange(this.#job);
  }
}

/** Kills git with all that it has started, unless it has ended, and has the daemon forget it. */
async function endProcess(
  client: Client,
  id: string,
  starting: Promise<{ detach(): void }>,
  isOver: boolean,
): Promise<void> {
  try {
    await starting.then((process) => process.detach(), () => {
      // Why it was not started is known already; it may have been all the same.
    });
    if (!isOver) await killClone(client, id);
    await client.call("process.forget", { id });
  } catch (error) {
    // The daemon has forgotten it, or is gone.
    if (!isDaemonTrouble(error)) throw error;
  }
}

/** Kills what a clone runs; does nothing if the daemon does not know it. */
export async function killClone(client: Client, id: string): Promise<void> {
  try {
    await client.call("process.killAndWait", { id, signal: "KILL", group: true });
  } catch (error) {
    if (!(error instanceof RpcCallError)) throw error;
  }
}

/** Whether a call has failed because of the daemon. */
export function isDaemonTrouble(error: unknown): boolean {
  return error instanceof RpcCallError || error instanceof ConnectionLostError || error instanceof DaemonGoneError;
}

/** A command that has ended already reads nothing. */
function ignoreClosed(error: unknown): void {
  if (!(error instanceof Deno.errors.BrokenPipe || error instanceof TypeError)) throw error;
}
