/**
 * The connection to the daemon, for as long as the hub runs: over restarts, hand-overs and deaths of the daemon.
 *
 * @module
 */

import { ConnectionLostError, DaemonGoneError } from "./errors.ts";
import type { Client } from "./connect.ts";
import { DialError } from "./dial.ts";
import type { Clock } from "../system/clock.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { isPermissionMissing } from "../system/permissions.ts";
import { RequestError } from "../system/request_error.ts";

const UNREACHABLE = "the daemon cannot be reached";
/** How often to look for a daemon that is out of reach, in milliseconds. */
const RETRY_MS = 200;
/** How often to check that the daemon is there while nothing else does, in milliseconds. */
const HEARTBEAT_MS = 2_000;
/** How long no daemon may listen before its processes count as lost, in milliseconds. */
const GONE_MS = 3_000;

/** Options of {@linkcode DaemonLine}. */
export interface DaemonLineOptions {
  /** Connects once. The connection should fail when the daemon is out of reach for about three seconds. */
  readonly connect: (signal: AbortSignal) => Promise<Client>;
  /** The source of time. */
  readonly clock: Clock;
  /** Called with each new connection. */
  readonly onUp: (client: Client) => void;
  /** Called when no daemon has listened for three seconds. */
  readonly onGone: () => void;
  /** Makes the error of those who need the daemon while it cannot be reached. @default {a `RequestError`} */
  readonly unreachable?: (message: string) => RequestError;
  /** Called when the daemon cannot be reached, once for each reason. @default {nobody is told} */
  readonly onProblem?: (problem: ClaustrumError) => void;
  /** Called with unexpected errors. */
  readonly onError: (error: unknown) => void;
}

/** A connection to the daemon that is made again whenever it is lost. */
export class DaemonLine implements AsyncDisposable {
  readonly #options: DaemonLineOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #client: Client | undefined;
  #waiter = Promise.withResolvers<Client>();
  #lost = Promise.withResolvers<void>();
  #gone = Promise.withResolvers<never>();
  #isGone = false;
  /** Why the latest attempt to connect failed. */
  #failure: unknown;

  /** Connects from now on. */
  constructor(options: DaemonLineOptions) {
    this.#options = options;
    this.#waiter.promise.catch(() => {});
    this.#gone.promise.catch(() => {});
    this.#running = this.#run();
  }

  /** Whether the daemon can be reached, as far as is known. */
  get isUp(): boolean {
    return this.#client !== undefined;
  }

  /** Whether no daemon has listened for three seconds, or longer. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Aborted when the line is closed. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Returns the client, as soon as there is one; rejects when the line is closed. */
  ready(): Promise<Client> {
    return this.#client === undefined ? this.#waiter.promise : Promise.resolve(this.#client);
  }

  /**
   * Returns the client, as soon as there is one.
   *
   * @throws {RequestError} If no daemon listens for three seconds.
   * @throws {ClaustrumError} If the line is closed.
   */
  soon(): Promise<Client> {
    return Promise.race([this.#gone.promise, this.ready()]);
  }

  /**
   * Returns the client.
   *
   * @throws {ClaustrumError} If the daemon cannot be reached now.
   */
  now(): Client {
    if (this.#client === undefined) throw new ClaustrumError(UNREACHABLE);
    return this.#client;
  }

  /** Reports an error of a client; returns whether it means that this client is of no more use. */
  noteFailure(client: Client, error: unknown): boolean {
    if (this.#client !== client) return isGone(error);
    if (!(error instanceof DaemonGoneError)) return false;
    this.#lost.resolve();
    return true;
  }

  /** Closes the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new ClaustrumError("the connection to the daemon was closed"));
    this.#lost.resolve();
    this.#waiter.reject(this.#closing.signal.reason);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, onUp, onGone, onError } = this.#options;
    let lostAt = clock.elapsed();
    while (!this.#closing.signal.aborted) {
      const client = await this.#tryConnect();
      if (client === undefined) {
        // A daemon that refuses the token is running, with all its processes.
        if (!isAbsence(this.#failure)) lostAt = clock.elapsed();
        const isDenied = isPermissionMissing(this.#failure);
        if (!this.#isGone && (isDenied || clock.elapsed() - lostAt >= GONE_MS)) {
          this.#isGone = true;
          // Waiting does not help a program that may not connect.
          this.#gone.reject(isDenied ? this.#failure : this.#unreachable());
          if (!isDenied) this.#try(onGone);
        }
        await this.pause(RETRY_MS);
        continue;
      }
      if (this.#isGone) {
        this.#gone = Promise.withResolvers();
        this.#gone.promise.catch(() => {});
      }
      this.#isGone = false;
      this.#client = client;
      this.#waiter.resolve(client);
      this.#try(() => onUp(client));
      await this.#watch(client);
      this.#client = undefined;
      this.#waiter = Promise.withResolvers();
      this.#waiter.promise.catch(() => {});
      this.#lost = Promise.withResolvers();
      // The client itself has tried for as long.
      lostAt = clock.elapsed() - GONE_MS;
      await client[Symbol.asyncDispose]().then(undefined, onError);
    }
    this.#waiter.reject(this.#closing.signal.reason);
  }

  #unreachable(): RequestError {
    return this.#options.unreachable?.(UNREACHABLE) ?? new RequestError("unavailable", UNREACHABLE);
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.onError(error);
    }
  }

  async #tryConnect(): Promise<Client | undefined> {
    const { connect, onProblem, onError } = this.#options;
    try {
      const client = await connect(this.#closing.signal);
      this.#failure = undefined;
      return client;
    } catch (error) {
      const isNew = String(error) !== String(this.#failure);
      this.#failure = error;
      if (this.#closing.signal.aborted || !isNew) return undefined;
      if (!(error instanceof ClaustrumError)) onError(error);
      else this.#try(() => onProblem?.(error));
      return undefined;
    }
  }

  /** Waits until the client is of no more use. */
  async #watch(client: Client): Promise<void> {
    let isLost = false;
    void this.#lost.promise.then(() => isLost = true);
    while (!isLost && !this.#closing.signal.aborted) {
      try {
        await Promise.race([client.call("server.ping"), this.#lost.promise]);
      } catch (error) {
        if (isGone(error)) return;
        this.#options.onError(error);
        return await this.pause(RETRY_MS);
      }
      if (!isLost) await Promise.race([this.pause(HEARTBEAT_MS), this.#lost.promise]);
    }
  }

  /** Waits; settles at once when the line is closed. */
  async pause(ms: number): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(ms, resolve);
    const stop = () => resolve();
    this.#closing.signal.addEventListener("abort", stop, { once: true });
    await promise;
    this.#closing.signal.removeEventListener("abort", stop);
    cancel();
  }
}

/** Whether a connection failed because no daemon listens. */
function isAbsence(error: unknown): boolean {
  return error instanceof DialError || error instanceof DaemonGoneError;
}

function isGone(error: unknown): boolean {
  return error instanceof DaemonGoneError || error instanceof ConnectionLostError;
}
