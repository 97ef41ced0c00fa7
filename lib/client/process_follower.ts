/**
 * A process, followed over connections that may be lost: started or found once, then reattached
 * from the last frame that was delivered (contract: Client).
 *
 * @module
 */

import type { Frame, ProcessExit } from "../process/frame_codec.ts";
import type { Result } from "../rpc/method_types.ts";
import { ConnectionLostError, ProcessLostError, ReplayGapError, toError } from "./errors.ts";
import type { DetachNotice } from "./frame_reader.ts";
import { type DialOptions, ReconnectingConnection } from "./reconnecting_connection.ts";
import type { WireConnection } from "./wire_connection.ts";

/** What is followed, and who is told. */
export interface ProcessFollowerOptions {
  /** How the daemon is reached. */
  readonly dialOptions: DialOptions;
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
  /** Called instead when the process has ended and its exit frame is not wanted. */
  readonly onEnd: (exit: ProcessExit) => void;
  /** Called when another client takes the stream; from then on this one only observes. */
  readonly onTaken?: (() => void) | undefined;
  /** Told of frames that are missing; what follows them comes all the same. */
  readonly onGap: (gap: ReplayGapError) => void;
  /** Called on each connection, with the count of stdin bytes that the daemon has. */
  readonly onResume?: (connection: WireConnection, stdinApplied: number) => void;
  /** Called once, when nothing more is to come. */
  readonly onFailure: (error: Error) => void;
}

type Identity = { readonly pid?: number; readonly startTime?: number };

/** See the module. */
export class ProcessFollower implements Disposable {
  readonly #options: ProcessFollowerOptions;
  readonly #ownConnection: ReconnectingConnection;
  #lastSeq: number;
  #isStarted: boolean;
  /** The process that had the id before ours was started. */
  #former: Identity | undefined;
  #hasAsked = false;
  /** Whether it was told which process it is. */
  #isKnown = false;
  #isResuming = false;
  #hasEnded = false;
  #isObserver: boolean;
  #identity: Identity = {};
  #current: WireConnection | undefined;
  readonly #ready = Promise.withResolvers<Identity>();

  /** Connects from now on. */
  constructor(options: ProcessFollowerOptions) {
    this.#options = options;
    this.#lastSeq = options.fromSeq;
    this.#isStarted = options.spawn === undefined;
    this.#isObserver = options.observe;
    this.#ready.promise.catch(() => {}); // who waits for it is told; nobody may
    const { dialOptions, onFailure } = options;
    this.#ownConnection = new ReconnectingConnection({
      dialOptions,
      onFailure: (error) => {
        this.#ready.reject(error);
        onFailure(error);
      },
      onFrame: (frame) => this.#take(frame),
      onDetached: (notice) => this.#noteDetached(notice),
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
    this.#ownConnection.close();
  }

  /** The same as {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #resume(connection: WireConnection): Promise<void> {
    this.#isResuming = true;
    this.#current = connection;
    try {
      await this.#look(connection);
      const applied = this.#isStarted ? await this.#reattach(connection) : await this.#start(connection);
      if (!this.#hasEnded) this.#options.onResume?.(connection, applied);
    } finally {
      this.#isResuming = false;
    }
    if (this.#hasEnded) this.#ownConnection.close();
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
    const params = { ...spawn, id, wantPid: true, notice: true };
    const identity = await connection.request("process.spawn", params) as Identity;
    this.#noteRunning(identity);
    return 0;
  }

  #noteRunning(identity: Identity): void {
    this.#isStarted = this.#isKnown = true;
    this.#identity = identity;
    this.#ready.resolve(identity);
  }

  async #find(connection: WireConnection): Promise<Result<"process.list">["processes"][number] | undefined> {
    const { processes } = await connection.request("process.list", {}) as Result<"process.list">;
    return processes.find(({ id }) => id === this.#options.id);
  }

  async #reattach(connection: WireConnection): Promise<number> {
    const { running, lastSeq, stdinApplied } = await this.#follow(connection, this.#lastSeq, this.#isObserver);
    // Its exit frame is not after the last one that is wanted: without it nobody learns how it ended.
    if (!running && !this.#hasEnded) await this.#follow(connection, lastSeq - 1, true);
    if (!running && !this.#hasEnded) throw new ProcessLostError(`the daemon has lost how "${this.#options.id}" ended`);
    return stdinApplied;
  }

  /** Asks for the frames after one; they come before the answer. */
  async #follow(connection: WireConnection, fromSeq: number, observe: boolean): Promise<Result<"process.reattach">> {
    const { id } = this.#options;
    const { pid } = this.#identity;
    const params = { id, fromSeq, observe, notice: true, wantPid: true, ...(pid === undefined ? {} : { pid }) };
    const answer = await connection.request("process.reattach", params) as Result<"process.reattach">;
    if (!answer.found) throw new ProcessLostError(`the daemon has no process "${id}"`);
    // An older daemon does not know "pid" as a param.
    if (pid !== undefined && answer.pid !== pid) {
      throw new ProcessLostError(`process "${id}" was replaced by another one`);
    }
    return answer;
  }

  /** Another client took the stream, or the daemon has forgotten the process. */
  #noteDetached({ reason }: DetachNotice): void {
    const connection = this.#current;
    if (this.#hasEnded || connection === undefined) return;
    if (reason === "gone") {
      return this.#ownConnection.fail(new ProcessLostError(`the daemon no longer has process "${this.#options.id}"`));
    }
    this.#isObserver = true;
    this.#options.onTaken?.();
    this.#reattach(connection).catch((error) => {
      // A connection that is lost meanwhile is followed by another one, which observes as well.
      if (!(error instanceof ConnectionLostError)) this.#ownConnection.fail(toError(error));
    });
  }

  #take(frame: Frame): void | Promise<void> {
    const { seq } = frame;
    if (seq <= this.#lastSeq) {
      return frame.stream === "exit" ? this.#finish(() => this.#options.onEnd(frame.exit)) : undefined;
    }
    if (seq > this.#lastSeq + 1) this.#options.onGap(new ReplayGapError(this.#options.id, this.#lastSeq + 1, seq - 1));
    this.#lastSeq = seq;
    if (frame.stream !== "exit") return this.#options.onFrame(frame);
    return this.#finish(() => this.#options.onFrame(frame));
  }

  #finish(deliver: () => void | Promise<void>): void | Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const delivered = deliver();
    // The answer to a reattach comes after the frames it asked for.
    if (!this.#isResuming) this.#ownConnection.close();
    return delivered;
  }
}
