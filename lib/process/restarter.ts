/**
 * Starts a process again after it has ended: by its policy, after a pause, or because a client asks for it.
 *
 * @module
 */

import { type Clock, happensWithin } from "../system/clock.ts";
import type { ProcessExit } from "./frame_codec.ts";
import { RestartCounter, type RestartPolicy } from "./restart_policy.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";

/** How long after SIGINT or SIGHUP an end counts as obeying it, in milliseconds. Many programs live on after them. */
const OBEY_MS = 10_000;
/** The exit that a failed start counts as. */
const FAILED_START = { code: 127 };

/** Options of a {@linkcode Restarter}. */
export interface RestarterOptions {
  /** The id of the process, for errors. */
  readonly id: string;
  /** When the process is started again; never if absent. */
  readonly policy: RestartPolicy | undefined;
  /** Starts it and takes over its child, at once; throws if that fails. */
  readonly start: () => void;
  /** The source of time. */
  readonly clock: Clock;
}

/** A process cannot be restarted because it has ended for good. */
export class ProcessEndedError extends ClaustrumError {
  /**
   * Creates the error.
   *
   * @param id The id of the process.
   */
  constructor(id: string) {
    super(`Cannot restart process "${id}": it has ended`);
  }
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
   * @throws {ProcessEndedError} If someone else ends it for good before.
   * @throws What starting it throws.
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
   * @returns Whether the process is started again; a promise of that if it may be.
   */
  startAgain(exit: ProcessExit, ranMs: number): Promise<boolean> | false {
    if (this.#isStopped) return false;
    if (this.#asked !== undefined) return this.#startAfter(0);
    const isWished = this.#options.clock.elapsed() <= this.#isWishedUntil;
    const pauseMs = isWished ? undefined : this.#counter.pauseAfter(hasFailed(exit), ranMs);
    return pauseMs === undefined ? false : this.#startAfter(pauseMs);
  }

  #noteStarted(): void {
    this.#isWishedUntil = -1;
    this.#counter.noteRestart();
    this.#asked?.resolve();
    this.#asked = undefined;
  }

  async #startAfter(firstPauseMs: number): Promise<boolean> {
    for (let pauseMs: number | undefined = firstPauseMs; pauseMs !== undefined;) {
      if (this.#asked === undefined && !await this.#wait(pauseMs)) return false;
      if (this.#isStopped) return false;
      try {
        this.#options.start();
        this.#noteStarted();
        return true;
      } catch (error) {
        // A program may be missing only for a moment; whoever has asked for the restart learns why it fails.
        this.#refuse(error);
        pauseMs = this.#counter.pauseAfter(hasFailed(FAILED_START), 0);
      }
    }
    return false;
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

  #refuse(reason: unknown = new ProcessEndedError(this.#options.id)): void {
    this.#asked?.reject(reason);
    this.#asked = undefined;
  }
}

function hasFailed({ code }: Pick<ProcessExit, "code">): boolean {
  return code !== 0;
}
