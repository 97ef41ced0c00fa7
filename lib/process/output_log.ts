/**
 * A log that the output of a process goes to, in addition to its receivers. The supervisor does not depend on where it
 * is kept.
 *
 * @module
 */

import type { ProcessExit, StreamName } from "./frame_codec.ts";

/** What is known of the log of a process. */
export interface LogPlace {
  /** The path of the newest file. */
  readonly file: string;
  /** What the log calls the process. */
  readonly run: string;
}

/** The log of one process, as the process writes it. */
export interface OutputLog extends LogPlace {
  /**
   * Takes a frame. It never fails: what cannot be written is counted as missing.
   *
   * @param data The output, which is copied.
   * @param time When it was read, in milliseconds since the epoch.
   */
  write(stream: StreamName, seq: number, data: Uint8Array, time: number): void;
  /** Settles when more may be written; `undefined` if that is now. */
  wait(): Promise<void> | undefined;
  /** Lets nothing wait any more: what does not fit is dropped. */
  hurry(): void;
  /** Notes that the process was started, or started again. */
  noteStart(pid: number, time: number): void;
  /** Notes that it has ended, or is about to be started again. */
  noteExit(exit: ProcessExit, time: number): void;
  /** Notes its new id. */
  rename(id: string): void;
  /** Ends the log, after what it was given is written. It may be called more than once. */
  close(): void;
}
