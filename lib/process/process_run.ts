/**
 * One run of a process: from the start of its program to the end of its output. A process that is started again has
 * several runs, one after the other.
 *
 * @module
 */

import { type Clock, happensWithin } from "../system/clock.ts";
import type { ProcessExit, StreamName } from "./frame_codec.ts";
import { OutputPump, type OutputPumpOptions } from "./output_pump.ts";
import { ProcessGroup } from "./process_group.ts";
import type { PipedChild } from "./spawn_child.ts";
import { StdinQueue } from "./stdin_queue.ts";

/** How long to read the pipes after the child has exited, in milliseconds (contract: Process methods). */
const DRAIN_MS = 5_000;

/** Options of a {@linkcode ProcessRun}. */
export interface ProcessRunOptions {
  /** The bytes that wait for the child to read them. */
  readonly stdin: StdinQueue;
  /** When the child was started, in seconds since the epoch. */
  readonly startTime: number;
  /** Whether the child was lost together with its supervisor: another process may have its id by now. */
  readonly isLost: boolean;
  /** Whether the child exits with 0 after SIGINT or SIGTERM has ended it. */
  readonly hidesSignals: boolean;
  /** Returns how to read a stream. */
  readonly reading: (stream: StreamName) => Omit<OutputPumpOptions, "source">;
  /** The source of time. */
  readonly clock: Clock;
}

/** One run of a process. */
export class ProcessRun {
  /** The id of the child's process, which is also that of its group. */
  readonly pid: number;
  /** When the child was started, in seconds since the epoch. */
  readonly startTime: number;
  /** When the child was started, in milliseconds of {@linkcode Clock.elapsed}. */
  readonly startedAt: number;
  /** The group that the child leads; `undefined` if the child was lost. */
  readonly group: ProcessGroup | undefined;
  #stdin: StdinQueue;
  readonly #child: PipedChild;
  readonly #hidesSignals: boolean;
  readonly #pumps: readonly OutputPump[];
  readonly #clock: Clock;

  /** Takes over a child that has just been started. */
  constructor(child: PipedChild, { stdin, startTime, isLost, hidesSignals, reading, clock }: ProcessRunOptions) {
    this.pid = child.pid;
    this.startTime = startTime;
    this.startedAt = clock.elapsed();
    this.#stdin = stdin;
    this.group = isLost ? undefined : new ProcessGroup(child);
    this.#child = child;
    this.#hidesSignals = hidesSignals;
    this.#clock = clock;
    const pump = (stream: StreamName) => new OutputPump({ ...reading(stream), source: child[stream] });
    this.#pumps = [pump("stdout"), pump("stderr")];
  }

  /** The bytes that wait for the child to read them. */
  get stdin(): StdinQueue {
    return this.#stdin;
  }

  /** Drops what the child has not read, and what is written from now on; it counts as accepted nevertheless. */
  replaceStdin(): void {
    const { applied, isEnding } = this.#stdin;
    void this.#stdin.close();
    this.#stdin = new StdinQueue({ sink: new WritableStream(), applied });
    if (isEnding) this.#stdin.closeWhenWritten();
  }

  /** Settles when the child has exited; its pipes may still have output then. */
  async exited(): Promise<ProcessExit> {
    try {
      const { code, signal: seen } = await this.#child.status;
      const signal = seen ?? this.#hiddenSignal(code);
      return signal === undefined ? { code } : { code: -1, signal };
    } catch (error) {
      // The runtime has no names for real-time signals and throws an error with their number.
      const number = error instanceof TypeError ? /^Invalid signal: (\d+)$/.exec(error.message)?.[1] : undefined;
      if (number === undefined) throw error;
      return { code: -1, signal: `SIG${number}` };
    }
  }

  /** Returns the signal that ended a child which does not tell; `undefined` if none did. */
  #hiddenSignal(code: number): Deno.Signal | undefined {
    const signal = this.group?.lastSignal;
    return this.#hidesSignals && code === 0 && (signal === "SIGINT" || signal === "SIGTERM") ? signal : undefined;
  }

  /**
   * Reads the output to its end, or what there is after five seconds.
   *
   * @param onLate Called when the time is over: nothing may hold up the reading any more.
   */
  async drain(onLate: () => void): Promise<void> {
    const drained = Promise.all(this.#pumps.map((pump) => pump.finished));
    if (await happensWithin(drained, DRAIN_MS, this.#clock)) return;
    onLate();
    await Promise.all(this.#pumps.map((pump) => pump.takeRest()));
  }

  /** Closes the pipes and stops waiting for the child, which is left running. */
  detach(): void {
    this.#child.unref();
    for (const pump of this.#pumps) void pump.close();
  }
}
