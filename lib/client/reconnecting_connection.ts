/**
 * A connection that comes back: when it is lost it is made anew, with pauses that grow, until the
 * daemon has been out of reach for too long (contract: Client).
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

const BACKOFF_MS = { first: 50, last: 5_000 };

/** How a daemon is reached. */
export interface DialOptions {
  /** Dials it once. */
  readonly dial: () => Promise<Transport>;
  /** Its token, read anew each time. */
  readonly token: () => Promise<string>;
  /** Whether a token that is refused may be another one soon. */
  readonly isTokenFromFile: boolean;
  /** How long it may be out of reach, in milliseconds. */
  readonly giveUpMs: number;
  /** The source of time. */
  readonly clock: Clock;
  /** The source of chance, in [0, 1). */
  readonly random: () => number;
  /** Told of work that goes on behind a close for a moment. */
  readonly track: (work: Promise<void>) => void;
}

/** What happens with each connection. */
export interface ReconnectingConnectionOptions {
  /** How the daemon is reached. */
  readonly dialOptions: DialOptions;
  /** Takes frames. */
  readonly onFrame?: (frame: Frame) => void | Promise<void>;
  /** Called when no more frames of a process come on the present connection. */
  readonly onDetached?: (notice: DetachNotice) => void;
  /** Called on each new connection, before anybody else gets it. */
  readonly onConnect: (connection: WireConnection) => Promise<void>;
  /** Whether a daemon that cannot be reached at the very first is not waited for. @default {false} */
  readonly failsFast?: boolean;
  /** Called once, when it has failed for good. */
  readonly onFailure?: (error: Error) => void;
}

/** See the module. */
export class ReconnectingConnection implements Disposable {
  readonly #options: ReconnectingConnectionOptions;
  readonly #closing = new AbortController();
  #current = newWaiter();
  #connection: WireConnection | undefined;
  #failure: Error | undefined;

  /** Connects from now on. */
  constructor(options: ReconnectingConnectionOptions) {
    this.#options = options;
    options.dialOptions.track(this.#run());
  }

  /**
   * The connection, as soon as there is one.
   *
   * @throws {Error} Why there is none any more.
   */
  connected(): Promise<WireConnection> {
    return this.#failure === undefined ? this.#current.promise : Promise.reject(this.#failure);
  }

  /** Ends it for good. */
  close(reason: Error = new ConnectionLostError("the client was closed")): void {
    this.#fail(reason, false);
  }

  /** Ends it for good, and reports why. */
  fail(error: Error): void {
    this.#fail(error);
  }

  /** The same as {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #fail(error: Error, isTold = true): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#closing.abort(error);
    this.#current.reject(error);
    this.#connection?.close(error);
    if (isTold) this.#options.onFailure?.(error);
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
        this.#current.resolve(connection);
        // At once: whoever finds his connection lost asks for the next one, and must not be given this one again.
        const reason = await connection.closed.then((reason) => {
          this.#current = newWaiter();
          return reason;
        });
        if (!(reason instanceof ConnectionLostError)) return this.#fail(reason);
        continue;
      } catch (error) {
        if (this.#failure !== undefined) return;
        const isHopeless = isFirst && this.#options.failsFast === true && !(error instanceof ConnectionLostError);
        if (isHopeless || !this.#mayPass(error)) return this.#fail(toError(error));
        // A connection that brought something is progress, however short it was.
        const hasProgress = error instanceof ConnectionLostError && this.#connection?.hasHeard === true;
        if (hasProgress) [backoff, lostAt] = [BACKOFF_MS.first, undefined];
        lostAt ??= clock.elapsed();
        if (clock.elapsed() - lostAt > giveUpMs) {
          return this.#fail(new DaemonGoneError(`the daemon is gone: ${toError(error).message}`, { cause: error }));
        }
      }
      await this.#pause(backoff * (0.5 + random()));
      backoff = Math.min(backoff * 2, BACKOFF_MS.last);
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

  /** What another attempt may mend: the way to the daemon, or a token that is only about to be written. */
  #mayPass(error: unknown): boolean {
    if (error instanceof RpcCallError) return error.code === UNAUTHORIZED && this.#options.dialOptions.isTokenFromFile;
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
  waiter.promise.catch(() => {}); // whoever waits is told; nobody may
  return waiter;
}
