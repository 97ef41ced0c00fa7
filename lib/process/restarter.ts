/**
 * Starts a process again after it has ended: by its policy, after a pause, or because a client asks for it.
 *
 * @module
 */

import { type Clock, happensWithin } from "../system/clock.ts";
import type { ProcessExit } from "./frame_codec.ts";
import { RestartCounter, type RestartPolicy } from "./restart_policy.ts";
import type { PipedChild } from "./spawn_child.ts";

/** How long after SIGINT or SIGHUP an end counts as obeying it, in milliseconds. Many programs live on after them. */
const OBEY_MS = 10_000;
/** The exit that a failed start counts as. */
const FAILED_START = { code: 127 };

/** Options of a {@linkcode Restarter}. */
export interface RestarterOptions {
  /** When the process is started again; never if absent. */
  readonly policy: RestartPolicy | undefined;
  /** Starts it; throws if that fails. */
  readonly start: () => PipedChild;
  /** The source of time. */
  readonly clock: Clock;
}

/** A pause before a restart. */
interface Pause {
  /** When it ends, in milliseconds since the epoch. */
  readonly until: number;
  /** Ends it now; the process is started if `goesOn`. */
  readonly end: (goesOn: boolean) => void;
}

/** Restarts one process. What a client ends is not started again by the policy. */
export class Restarter {
  readonly #options: RestarterOptions;
  readonly #counter: RestartCounter;
  #pause: Pause | undefined;
  /** Settles when the restart that a client has asked for has taken place. */
  #asked: PromiseWithResolvers<void> | undefined;
  #isStopped = false;
  /** Until when an end counts as wished for, in milliseconds of {@linkcode Clock.elapsed}. */
  #isWishedUntil = -1;

  /** Creates the restarter of a process that runs. */
  constructor(options: RestarterOptions) {
    this.#options = options;
    this.#counter = new RestartCounter(options.policy);
  }

  /** How often the process was started again. */
  get restarts(): number {
    return this.#counter.total;
  }

  /** When the process is started again, in milliseconds since the epoch; `undefined` unless it waits for that. */
  get restartAt(): number | undefined {
    return this.#pause?.until;
  }

  /** Whether a client has asked for a restart that has not taken place yet. */
  get isRestarting(): boolean {
    return this.#asked !== undefined;
  }

  /** Notes that someone sends a signal to the process, and gives up a restart that it waits for. */
  noteSignal(signal: Deno.Signal): void {
    const isFinal = signal === "SIGTERM" || signal === "SIGKILL";
    this.#isWishedUntil = isFinal ? Infinity : Math.max(this.#isWishedUntil, this.#options.clock.elapsed() + OBEY_MS);
    if (isFinal) this.#refuse();
    this.#pause?.end(false);
  }

  /** Gives up all restarts. It may be called more than once. */
  stop(): void {
    this.#isStopped = true;
    this.#refuse();
    this.#pause?.end(false);
  }

  /**
   * Ends the process and has it started again.
   *
   * @param graceMs How long it may take to obey SIGTERM before SIGKILL, in milliseconds.
   * @param signal Sends a signal to its group.
   * @returns Settles when it is started; rejects if it cannot be, or if it is ended for good before.
   */
  async restart(graceMs: number, signal: (name: "SIGTERM" | "SIGKILL") => void): Promise<void> {
    const asked = this.#asked ??= Promise.withResolvers<void>();
    const settled = asked.promise.catch(() => {}); // the caller receives the error below
    if (this.#pause !== undefined) this.#pause.end(true);
    else {
      signal("SIGTERM");
      if (!await happensWithin(settled, graceMs, this.#options.clock)) signal("SIGKILL");
    }
    await asked.promise;
  }

  /**
   * Decides what follows the end of a run.
   *
   * @param ranMs How long it ran, in milliseconds.
   * @returns The next child, or `undefined` if the process is not started again; a promise of that if it may be.
   */
  startAgain(exit: ProcessExit, ranMs: number): Promise<PipedChild | undefined> | undefined {
    if (this.#isStopped) return undefined;
    if (this.#asked !== undefined) return this.#startAfter(0);
    const isWished = this.#options.clock.elapsed() <= this.#isWishedUntil;
    const pauseMs = isWished ? undefined : this.#counter.pauseAfter(hasFailed(exit), ranMs);
    return pauseMs === undefined ? undefined : this.#startAfter(pauseMs);
  }

  /** Notes that the process runs again. */
  noteStarted(): void {
    this.#isWishedUntil = -1;
    this.#counter.noteRestart();
    this.#asked?.resolve();
    this.#asked = undefined;
  }

  async #startAfter(firstPauseMs: number): Promise<PipedChild | undefined> {
    for (let pauseMs: number | undefined = firstPauseMs; pauseMs !== undefined;) {
      if (this.#asked === undefined && !await this.#wait(pauseMs)) return undefined;
      if (this.#isStopped) return undefined;
      try {
        return this.#options.start();
      } catch (error) {
        // A program may be missing only for a moment; whoever has asked for the restart learns why it fails.
        this.#refuse(error);
        pauseMs = this.#counter.pauseAfter(hasFailed(FAILED_START), 0);
      }
    }
    return undefined;
  }

  /** Waits before a restart; returns whether the process is to be started. */
  #wait(ms: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const end = (goesOn: boolean) => {
      cancel();
      this.#pause = undefined;
      resolve(goesOn);
    };
    const cancel = this.#options.clock.after(ms, () => end(true));
    this.#pause = { until: this.#options.clock.now() + ms, end };
    return promise;
  }

  #refuse(reason: unknown = new TypeError("Cannot restart process: it is ended for good")): void {
    this.#asked?.reject(reason);
    this.#asked = undefined;
  }
}

function hasFailed({ code }: Pick<ProcessExit, "code">): boolean {
  return code !== 0;
}
