/**
 * A process, followed over connections that may be lost: started or found once, then reattached
 * from the last frame that was delivered (library).
 *
 * @module
 */

import type { Frame } from "../process/frame_codec.ts";
import type { Result } from "../rpc/protocol.ts";
import { ConnectionLostError, ProcessLostError, ReplayGapError } from "./errors.ts";
import { Link, type Reach } from "./link.ts";
import type { WireConnection } from "./wire_connection.ts";

/** What is followed, and who is told. */
export interface ProcessLinkOptions {
  /** How the daemon is reached. */
  readonly reach: Reach;
  /** Which process. */
  readonly id: string;
  /** What is asked to start it; absent when it is there already. */
  readonly spawn?: Readonly<Record<string, unknown>>;
  /** The last frame that is not wanted. */
  readonly fromSeq: number;
  /** Whether it is followed without taking the stream. */
  readonly observe: boolean;
  /** Takes frames, each once and in order; what it returns is waited for. */
  readonly onFrame: (frame: Frame) => void | Promise<void>;
  /** Told of frames that are missing; what follows them comes all the same. */
  readonly onGap: (gap: ReplayGapError) => void;
  /** Called on each connection, with the count of stdin bytes that the daemon has. */
  readonly onResume?: (connection: WireConnection, stdinApplied: number) => void;
  /** Called once, when nothing more is to come. */
  readonly onFailure: (error: Error) => void;
}

type Identity = { readonly pid?: number; readonly startTime?: number };

/** See the module. */
export class ProcessLink implements Disposable {
  readonly #options: ProcessLinkOptions;
  readonly #link: Link;
  #lastSeq: number;
  #isStarted: boolean;
  /** The process that had the id before ours was started. */
  #former: Identity | undefined;
  #hasAsked = false;
  /** Whether it was told which process it is. */
  #isKnown = false;
  #isResuming = false;
  #hasEnded = false;
  readonly #ready = Promise.withResolvers<Identity>();

  /** Connects from now on. */
  constructor(options: ProcessLinkOptions) {
    this.#options = options;
    this.#lastSeq = options.fromSeq;
    this.#isStarted = options.spawn === undefined;
    this.#ready.promise.catch(() => {}); // who waits for it is told; nobody may
    const { reach, onFailure } = options;
    this.#link = new Link({
      reach,
      onFailure: (error) => {
        this.#ready.reject(error);
        onFailure(error);
      },
      onFrame: (frame) => this.#take(frame),
      onConnect: (connection) => this.#resume(connection),
    });
  }

  /** Settles when it runs, or was found; rejects when it could not be started, or is not there. */
  started(): Promise<Identity> {
    return this.#ready.promise;
  }

  /** Follows no more; the process runs on. */
  close(): void {
    this.#ready.reject(new ConnectionLostError("the client was closed"));
    this.#link.close();
  }

  /** The same as {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #resume(connection: WireConnection): Promise<void> {
    this.#isResuming = true;
    try {
      await this.#look(connection);
      const applied = this.#isStarted ? await this.#reattach(connection) : await this.#start(connection);
      if (!this.#hasEnded) this.#options.onResume?.(connection, applied);
    } finally {
      this.#isResuming = false;
    }
    if (this.#hasEnded) this.#link.close();
  }

  /** Who attaches must be told of the process before its frames come: they wait until somebody reads them. */
  async #look(connection: WireConnection): Promise<void> {
    if (!this.#isStarted || this.#isKnown) return;
    const found = await this.#find(connection);
    if (found === undefined) throw new ProcessLostError(`the daemon has no process "${this.#options.id}"`);
    this.#noteRunning(found);
  }

  async #start(connection: WireConnection): Promise<number> {
    const { id, spawn } = this.#options;
    if (this.#hasAsked) {
      // The connection was lost before the answer came: it may run.
      const found = await this.#find(connection);
      if (found !== undefined && found.startTime !== this.#former?.startTime) {
        this.#noteRunning(found);
        return await this.#reattach(connection);
      }
    } else this.#former = await this.#find(connection);
    this.#hasAsked = true;
    const identity = await connection.request("process.spawn", { ...spawn, id, wantPid: true }) as Identity;
    this.#noteRunning(identity);
    return 0;
  }

  #noteRunning(identity: Identity): void {
    this.#isStarted = this.#isKnown = true;
    this.#ready.resolve(identity);
  }

  async #find(connection: WireConnection): Promise<Result<"process.list">["processes"][number] | undefined> {
    const { processes } = await connection.request("process.list", {}) as Result<"process.list">;
    return processes.find(({ id }) => id === this.#options.id);
  }

  async #reattach(connection: WireConnection): Promise<number> {
    const { id, observe } = this.#options;
    const params = { id, fromSeq: this.#lastSeq, ...(observe ? { observe } : {}) };
    const { found, stdinApplied } = await connection.request("process.reattach", params) as Result<
      "process.reattach"
    >;
    if (!found) throw new ProcessLostError(`the daemon has no process "${id}"`);
    return stdinApplied;
  }

  #take(frame: Frame): void | Promise<void> {
    const { seq } = frame;
    if (seq <= this.#lastSeq) return;
    if (seq > this.#lastSeq + 1) this.#options.onGap(new ReplayGapError(this.#options.id, this.#lastSeq + 1, seq - 1));
    this.#lastSeq = seq;
    const taken = this.#options.onFrame(frame);
    if (frame.stream !== "exit") return taken;
    // The answer to a reattach comes behind the frames it asked for.
    this.#hasEnded = true;
    if (!this.#isResuming) this.#link.close();
    return taken;
  }
}
