/**
 * Receiving the frames of a process over connections that may be lost. The process is started or found once. Each new
 * connection reattaches to it, from the last frame that was delivered (contract: Client).
 *
 * @module
 */

import type { Frame, ProcessExit } from "../process/frame_codec.ts";
import type { Result } from "../rpc/method_types.ts";
import { ConnectionLostError, ProcessLostError, ReplayGapError, toError } from "./errors.ts";
import type { DetachNotice } from "./frame_reader.ts";
import { type DialOptions, ReconnectingConnection } from "./reconnecting_connection.ts";
import type { WireConnection } from "./wire_connection.ts";

/** Options of a {@linkcode ProcessFollower}. */
export interface ProcessFollowerOptions {
  /** How to connect to the daemon. */
  readonly dialOptions: DialOptions;
  /** The id of the process. */
  readonly id: string;
  /** The params of `process.spawn`; absent if the process already exists. */
  readonly spawn?: Readonly<Record<string, unknown>>;
  /** The `seq` after which frames are delivered. */
  readonly fromSeq: number;
  /** Whether to receive the stream without taking it over. */
  readonly observe: boolean;
  /** Whether the frames have the times at which they came. */
  readonly times?: boolean | undefined;
  /** Called with each frame, once and in order. Reading pauses until the returned promise settles. */
  readonly onFrame: (frame: Frame) => void | Promise<void>;
  /** Called instead with the exit of the process if its exit frame is not after `fromSeq`. */
  readonly onEnd: (exit: ProcessExit) => void;
  /** Called when another client takes over the stream; this client then continues as an observer. */
  readonly onTaken?: (() => void) | undefined;
  /** Called when frames are missing; the frames after them are delivered nevertheless. */
  readonly onGap: (gap: ReplayGapError) => void;
  /** Called on each new connection, with the number of stdin bytes that the daemon has applied. */
  readonly onResume?: (connection: WireConnection, stdinApplied: number) => void;
  /** Called once if no more frames can be received. */
  readonly onFailure: (error: Error) => void;
}

type Identity = { readonly pid?: number; readonly startTime?: number };

/** Delivers the frames of one process, over a connection of its own that is reestablished when it is lost. */
export class ProcessFollower implements Disposable {
  readonly #options: ProcessFollowerOptions;
  readonly #ownConnection: ReconnectingConnection;
  #lastSeq: number;
  #isStarted: boolean;
  /** The process that had the id before `process.spawn` was requested. */
  #former: Identity | undefined;
  #hasRequestedSpawn = false;
  /** Whether the pid and the start time of the process are known. */
  #isIdentified = false;
  #isResuming = false;
  #hasEnded = false;
  #isObserver: boolean;
  #identity: Identity = {};
  #current: WireConnection | undefined;
  readonly #ready = Promise.withResolvers<Identity>();

  /** Starts to connect. */
  constructor(options: ProcessFollowerOptions) {
    this.#options = options;
    this.#lastSeq = options.fromSeq;
    this.#isStarted = options.spawn === undefined;
    this.#isObserver = options.observe;
    this.#ready.promise.catch(() => {}); // the caller may never wait for it
    const { dialOptions, onFailure } = options;
    this.#ownConnection = new ReconnectingConnection({
      dialOptions,
      onFailure: (error) => {
        this.#ready.reject(error);
        onFailure(error);
      },
      onFrame: (frame) => this.#deliver(frame),
      onDetached: (notice) => this.#noteDetached(notice),
      onConnect: (connection) => this.#resume(connection),
    });
  }

  /** Settles once the process is started or found; rejects if it cannot be started or does not exist. */
  started(): Promise<Identity> {
    return this.#ready.promise;
  }

  /** Detaches from the process, which continues to run. */
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
      await this.#identify(connection);
      const applied = this.#isStarted ? await this.#reattach(connection) : await this.#start(connection);
      if (!this.#hasEnded) this.#options.onResume?.(connection, applied);
    } finally {
      this.#isResuming = false;
    }
    if (this.#hasEnded) this.#ownConnection.close();
  }

  /**
   * Finds an existing process before it is attached to. Its frames block the connection until they are read, which is
   * possible only once the process is known.
   */
  async #identify(connection: WireConnection): Promise<void> {
    if (!this.#isStarted || this.#isIdentified) return;
    const found = await this.#find(connection);
    if (found === undefined) throw new ProcessLostError(`the daemon has no process "${this.#options.id}"`);
    this.#noteRunning(found);
  }

  async #start(connection: WireConnection): Promise<number> {
    const { id, spawn } = this.#options;
    if (this.#hasRequestedSpawn) {
      // The previous connection was lost before the reply arrived, so the process may be running.
      const found = await this.#find(connection);
      if (found !== undefined && found.startTime !== this.#former?.startTime) {
        this.#noteRunning(found);
        return await this.#reattach(connection);
      }
    } else this.#former = await this.#find(connection);
    this.#hasRequestedSpawn = true;
    const params = { ...spawn, id, wantPid: true, notice: true };
    const identity = await connection.request("process.spawn", params) as Identity;
    this.#noteRunning(identity);
    return 0;
  }

  #noteRunning(identity: Identity): void {
    this.#isStarted = this.#isIdentified = true;
    this.#identity = identity;
    this.#ready.resolve(identity);
  }

  async #find(connection: WireConnection): Promise<Result<"process.list">["processes"][number] | undefined> {
    const { processes } = await connection.request("process.list", {}) as Result<"process.list">;
    return processes.find(({ id }) => id === this.#options.id);
  }

  async #reattach(connection: WireConnection): Promise<number> {
    const { running, lastSeq, stdinApplied } = await this.#requestFrames(connection, this.#lastSeq, this.#isObserver);
    // An exit frame up to `fromSeq` is not among these frames, so it is requested separately.
    if (!running && !this.#hasEnded) await this.#requestFrames(connection, lastSeq - 1, true);
    if (!running && !this.#hasEnded) {
      throw new ProcessLostError(`the daemon no longer knows how process "${this.#options.id}" ended`);
    }
    return stdinApplied;
  }

  /** Requests the frames after a `seq`; they arrive before the reply. */
  async #requestFrames(
    connection: WireConnection,
    fromSeq: number,
    observe: boolean,
  ): Promise<Result<"process.reattach">> {
    const { id, times = false } = this.#options;
    const { pid } = this.#identity;
    const params = {
      ...{ id, fromSeq, observe, notice: true, wantPid: true },
      ...(pid === undefined ? {} : { pid }),
      ...(times ? { times } : {}),
    };
    const answer = await connection.request("process.reattach", params) as Result<"process.reattach">;
    if (!answer.found) throw new ProcessLostError(`the daemon has no process "${id}"`);
    // An older daemon ignores the param `pid`.
    if (pid !== undefined && answer.pid !== pid) {
      throw new ProcessLostError(`process "${id}" was replaced by another one`);
    }
    return answer;
  }

  /** Handles the notice that another client has taken over the stream, or that the daemon has removed the process. */
  #noteDetached({ reason }: DetachNotice): void {
    const connection = this.#current;
    if (this.#hasEnded || connection === undefined) return;
    if (reason === "gone") {
      return this.#ownConnection.fail(new ProcessLostError(`the daemon no longer has process "${this.#options.id}"`));
    }
    this.#isObserver = true;
    this.#options.onTaken?.();
    this.#reattach(connection).catch((error) => {
      // If the connection is lost, the next one continues as an observer, too.
      if (!(error instanceof ConnectionLostError)) this.#ownConnection.fail(toError(error));
    });
  }

  #deliver(frame: Frame): void | Promise<void> {
    const { seq } = frame;
    if (seq <= this.#lastSeq) {
      return frame.stream === "exit" ? this.#finish(() => this.#options.onEnd(frame.exit)) : undefined;
    }
    if (seq > this.#lastSeq + 1) this.#options.onGap(new ReplayGapError(this.#options.id, this.#lastSeq + 1, seq - 1));
    this.#lastSeq = seq;
    if (frame.stream !== "exit") return this.#options.onFrame(frame);
    return this.#finish(() => this.#options.onFrame(frame));
  }

  #finish(deliverExit: () => void | Promise<void>): void | Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const delivered = deliverExit();
    // The reply to a reattach arrives after its frames, so the connection must stay open for it.
    if (!this.#isResuming) this.#ownConnection.close();
    return delivered;
  }
}
