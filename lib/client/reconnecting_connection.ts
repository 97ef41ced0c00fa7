/**
 * A connection that is reestablished when it is lost, with growing pauses between the attempts, until the daemon has
 * been unreachable for too long (contract: Client).
 *
 * @module
 */

import type { Frame } from "../process/frame_codec.ts";
import { UNAUTHORIZED } from "../rpc/errors.ts";
import { type Clock, keepAlive } from "../system/clock.ts";
import { abortable } from "./abortable.ts";
import { DialError } from "./dial.ts";
import { ConnectionLostError, DaemonGoneError, RpcCallError, toError } from "./errors.ts";
import type { DetachNotice } from "./frame_reader.ts";
import { type Transport, WireConnection } from "./wire_connection.ts";

/** The first and the longest pause between two attempts to connect, in milliseconds. */
const BACKOFF_MS = { first: 50, longest: 5_000 };

/** How to connect to a daemon, and for how long to try. */
export interface DialOptions {
  /** Connects to the daemon once. */
  readonly dial: () => Promise<Transport>;
  /** Returns the token; called for each connection. */
  readonly token: () => Promise<string>;
  /** Whether there may soon be another token if this one is refused. */
  readonly mayTokenChange: boolean;
  /** How long the daemon may be unreachable, in milliseconds. */
  readonly giveUpMs: number;
  /** The source of time. */
  readonly clock: Clock;
  /** Returns a random number in [0, 1). */
  readonly random: () => number;
  /** Called with work that may continue for a moment after the connection is closed. */
  readonly track: (work: Promise<void>) => void;
}

/** Options of a {@linkcode ReconnectingConnection}. */
export interface ReconnectingConnectionOptions {
  /** How to connect to the daemon. */
  readonly dialOptions: DialOptions;
  /** Called with each frame. Reading pauses until the returned promise settles. */
  readonly onFrame?: (frame: Frame) => void | Promise<void>;
  /** Called when the current connection receives no more frames of a process. */
  readonly onDetached?: (notice: DetachNotice) => void;
  /** Called with each new connection, before `connected()` returns it. */
  readonly onConnect: (connection: WireConnection) => Promise<void>;
  /** Whether to give up if the first attempt fails other than by a lost connection. @default {false} */
  readonly failsFast?: boolean;
  /** Called once if it gives up. */
  readonly onFailure?: (error: Error) => void;
}

/** Keeps one connection to a daemon open, and replaces it when it is lost. */
export class ReconnectingConnection implements Disposable {
  readonly #options: ReconnectingConnectionOptions;
  readonly #closing = new AbortController();
  /** Resolves with the current connection, or with the next one. */
  #connected = newWaiter();
  #connection: WireConnection | undefined;
  #failure: Error | undefined;

  /** Starts to connect. */
  constructor(options: ReconnectingConnectionOptions) {
    this.#options = options;
    options.dialOptions.track(this.#run());
  }

  /**
   * Returns the current connection, or the next one if there is none.
   *
   * @throws {Error} The reason why there will be no more connection.
   */
  connected(): Promise<WireConnection> {
    return this.#failure === undefined ? this.#connected.promise : Promise.reject(this.#failure);
  }

  /** Closes the connection and stops reconnecting. */
  close(reason: Error = new ConnectionLostError("the client was closed")): void {
    this.#end(reason, false);
  }

  /** Closes the connection, stops reconnecting and calls `onFailure`. */
  fail(error: Error): void {
    this.#end(error, true);
  }

  /** The same as {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #end(error: Error, isReported: boolean): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#closing.abort(error);
    this.#connected.reject(error);
    this.#connection?.close(error);
    if (isReported) this.#options.onFailure?.(error);
  }

  async #run(): Promise<void> {
    using _alive = keepAlive();
    const { clock, random, giveUpMs } = this.#options.dialOptions;
    let backoff = BACKOFF_MS.first;
    let lostAt: number | undefined;
    for (let isFirst = true; this.#failure === undefined; isFirst = false) {
      try {
        const connection = await this.#connect();
        [backoff, lostAt] = [BACKOFF_MS.first, undefined];
        this.#connected.resolve(connection);
        // Replaced in the same turn, so that a caller whose request has just failed does not get this connection again.
        const reason = await connection.closed.then((reason) => {
          this.#connected = newWaiter();
          return reason;
        });
        if (!(reason instanceof ConnectionLostError)) return this.fail(reason);
        continue;
      } catch (error) {
        if (this.#failure !== undefined) return;
        const isFatal = isFirst && this.#options.failsFast === true && !(error instanceof ConnectionLostError);
        if (isFatal || !this.#isTemporary(error)) return this.fail(toError(error));
        // Even a short connection counts as progress if the daemon has sent anything.
        const hasProgress = error instanceof ConnectionLostError && this.#connection?.hasReceived === true;
        if (hasProgress) [backoff, lostAt] = [BACKOFF_MS.first, undefined];
        lostAt ??= clock.elapsed();
        if (clock.elapsed() - lostAt > giveUpMs) {
          return this.fail(new DaemonGoneError(`the daemon is gone: ${toError(error).message}`, { cause: error }));
        }
      }
      await this.#pause(backoff * (0.5 + random()));
      backoff = Math.min(backoff * 2, BACKOFF_MS.longest);
    }
  }

  async #connect(): Promise<WireConnection> {
    const { dialOptions, onFrame = () => {}, onDetached = () => {}, onConnect } = this.#options;
    const token = await dialOptions.token();
    const transport = await dialOptions.dial();
    const connection = new WireConnection({ transport, token, onFrame, onDetached });
    this.#connection = connection;
    dialOptions.track(connection.finished);
    try {
      this.#closing.signal.throwIfAborted();
      await onConnect(connection);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Whether another attempt may succeed: the connection was lost, or the token file may be about to change. */
  #isTemporary(error: unknown): boolean {
    if (error instanceof RpcCallError) return error.code === UNAUTHORIZED && this.#options.dialOptions.mayTokenChange;
    return error instanceof ConnectionLostError || error instanceof DialError;
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.dialOptions.clock.after(ms, resolve);
    try {
      await abortable(promise, this.#closing.signal);
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error;
    } finally {
      cancel();
    }
  }
}

function newWaiter(): PromiseWithResolvers<WireConnection> {
  const waiter = Promise.withResolvers<WireConnection>();
  waiter.promise.catch(() => {}); // there may be no caller that waits
  return waiter;
}
