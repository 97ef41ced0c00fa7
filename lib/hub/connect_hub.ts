/**
 * A client of a hub's socket.
 *
 * @module
 */

import { abortable } from "../client/abortable.ts";
import { type Clock, keepAlive, systemClock } from "../system/clock.ts";
import { EventCursors } from "./event_cursors.ts";
import type { FollowMessage, FollowOptions, HubClient } from "./hub_client.ts";
import { HubUnreachableError } from "./hub_errors.ts";
import { HubLine, type OnNotification } from "./hub_line.ts";
import type { OperationName, OperationParams, OperationResult } from "./operation_types.ts";

export { HubCallError, HubUnreachableError } from "./hub_errors.ts";

/** How long a follower waits before it connects again, in milliseconds: it doubles from the first to the last. */
const BACKOFF_MS = { first: 20, last: 1_000 };
/** How long a hub may be out of reach by default, in milliseconds. */
const GIVE_UP_MS = 30_000;
/** With more unread messages than this, a follower reads no more. */
const MAX_UNREAD = 1_000;
/** With unread messages of this total length, in characters, a follower reads no more. */
const MAX_UNREAD_LENGTH = 8 << 20;

/** In whose name a hub asks another one. */
export interface ForwardedCaller {
  /** A name for the audit. */
  readonly who: string;
  /** Whether they may only look. */
  readonly isViewer: boolean;
}

/** A connection to a hub, whatever carries it. It is used until it is lost. */
export interface HubConnection extends AsyncDisposable {
  /** Settles with the reason when the connection is lost or closed; never rejects. */
  readonly closed: Promise<HubUnreachableError>;
  /** Whether the connection is lost or closed. */
  readonly isLost: boolean;
  /** Sends a request; see `HubLine`. Lines that carry no names of callers leave theirs out. */
  call(operation: string, params: unknown, signal?: AbortSignal, caller?: ForwardedCaller): Promise<unknown>;
  /** Closes the connection; pending requests fail. */
  close(reason?: HubUnreachableError): void;
}

/** Connects once to a hub, wherever it is. */
export type DialHub = (onNotification?: OnNotification) => Promise<HubConnection>;

/** How long to try to reach a hub. */
export interface HubClientOptions {
  /** Ends everything that waits. */
  readonly signal?: AbortSignal | undefined;
  /** How long the hub may be out of reach before followers fail, in milliseconds. @default {30000} */
  readonly giveUpMs?: number;
  /** The source of time. */
  readonly clock?: Clock;
}

/** Which hub, and how long to try. */
export interface ConnectHubOptions extends HubClientOptions {
  /** The path of its socket. */
  readonly socket: string;
  /** Its token. */
  readonly token: string;
}

/**
 * Connects to a hub of this machine.
 *
 * @throws {HubUnreachableError} If the hub cannot be reached.
 * @throws The signal's reason.
 */
export async function connectHub(options: ConnectHubOptions): Promise<HubClient> {
  const { socket, token } = options;
  return await connectHubOver((onNotification) => HubLine.dial(socket, token, onNotification), options);
}

/**
 * Connects to a hub.
 *
 * @throws {HubUnreachableError} If the hub cannot be reached.
 * @throws What `dial` throws.
 * @throws The signal's reason.
 */
export async function connectHubOver(dial: DialHub, options: HubClientOptions): Promise<ForwardingClient> {
  options.signal?.throwIfAborted();
  return new LineClient(dial, options, await dial());
}

/** A client of a hub that asks in the names of others. */
export interface ForwardingClient extends HubClient {
  /**
   * Runs an operation.
   *
   * @param caller In whose name. @default {one's own}
   * @throws {HubCallError} If the hub answers with an error.
   */
  call<N extends OperationName>(
    name: N,
    params: OperationParams<N>,
    caller?: ForwardedCaller,
  ): Promise<OperationResult<N>>;
}

class LineClient implements ForwardingClient {
  readonly #dial: DialHub;
  readonly #options: HubClientOptions;
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  #line: HubConnection;
  /** Settles when a lost connection has been replaced. */
  #dialing: Promise<HubConnection> | undefined;

  constructor(dial: DialHub, options: HubClientOptions, line: HubConnection) {
    this.#dial = dial;
    this.#options = options;
    this.#line = line;
    const { signal } = options;
    this.#signal = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
  }

  async call<N extends OperationName>(
    name: N,
    params: OperationParams<N>,
    caller?: ForwardedCaller,
  ): Promise<OperationResult<N>> {
    this.#signal.throwIfAborted();
    const line = await this.#connected();
    return await line.call(name, params, this.#signal, caller) as OperationResult<N>;
  }

  async *follow(options: FollowOptions = {}): AsyncGenerator<FollowMessage> {
    const signal = options.signal === undefined ? this.#signal : AbortSignal.any([options.signal, this.#signal]);
    yield* follow(this.#dial, this.#options, options, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new HubUnreachableError("the client of the hub was closed"));
    await this.#line[Symbol.asyncDispose]();
  }

  /** A connection that was lost between two calls is replaced. */
  async #connected(): Promise<HubConnection> {
    if (!this.#line.isLost) return this.#line;
    this.#dialing ??= this.#dialAgain();
    return await this.#dialing;
  }

  async #dialAgain(): Promise<HubConnection> {
    try {
      await this.#line[Symbol.asyncDispose]();
      this.#line = await this.#dial();
      return this.#line;
    } finally {
      this.#dialing = undefined;
    }
  }
}

/** Follows over any number of connections; each begins with a snapshot, and goes on after the last event. */
async function* follow(
  dial: DialHub,
  { giveUpMs = GIVE_UP_MS, clock = systemClock }: HubClientOptions,
  { after, sessions, watch, onLost }: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<FollowMessage> {
  using _alive = keepAlive();
  const cursors = new EventCursors(after);
  let backoff = BACKOFF_MS.first;
  let lostAt: number | undefined;
  for (;;) {
    if (signal.aborted) return;
    try {
      for await (const message of followOnce(dial, { cursors, sessions, watch }, signal)) {
        [backoff, lostAt] = [BACKOFF_MS.first, undefined];
        if (cursors.take(message)) yield message;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof HubUnreachableError)) throw error;
      lostAt ??= clock.elapsed();
      if (clock.elapsed() - lostAt > giveUpMs) throw error;
    }
    onLost?.();
    if (!await pause(backoff, clock, signal)) return;
    backoff = Math.min(backoff * 2, BACKOFF_MS.last);
  }
}

/**
 * Follows over one connection, until the hub says that it ends.
 *
 * @throws {HubUnreachableError} If the connection cannot be made or is lost.
 */
async function* followOnce(
  dial: DialHub,
  { cursors, ...wanted }: {
    readonly cursors: EventCursors;
    readonly sessions: readonly string[] | undefined;
    readonly watch: readonly string[] | undefined;
  },
  signal: AbortSignal,
): AsyncGenerator<FollowMessage> {
  const unread = new MessageQueue();
  await using line = await dial((message, length) => unread.push(message as QueuedMessage, length));
  void line.closed.then((reason) => unread.fail(reason));
  const abort = () => line.close();
  signal.addEventListener("abort", abort, { once: true });
  try {
    const ownName = cursors.hasHosts ? await nameOf(line, signal) : undefined;
    await line.call("session.follow", { ...wanted, after: cursors.after(ownName) }, signal);
    for (;;) {
      const message = await unread.next();
      if (message.type === "lagging") return;
      yield message;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    unread.fail(new HubUnreachableError("the follower has stopped"));
  }
}

/** The name of a hub, by which its own events are told from those of other hosts. */
async function nameOf(line: HubConnection, signal: AbortSignal): Promise<string> {
  const { name } = await line.call("hub.status", {}, signal) as OperationResult<"hub.status">;
  return name;
}

type QueuedMessage = FollowMessage | { readonly type: "lagging" };

/** The messages of one connection. What was received before the connection was lost is still taken. */
class MessageQueue {
  readonly #messages: QueuedMessage[] = [];
  #taken = 0;
  /** The length of all that was received since the last message was taken that there was. */
  #length = 0;
  #failure: Error | undefined;
  #arrived = Promise.withResolvers<void>();
  #room = Promise.withResolvers<void>();

  /** Adds a message; settles when there is room for more. */
  push(message: QueuedMessage, length = 0): void | Promise<void> {
    if (this.#failure !== undefined) return;
    this.#messages.push(message);
    this.#length += length;
    this.#arrived.resolve();
    const isFull = this.#messages.length - this.#taken >= MAX_UNREAD || this.#length > MAX_UNREAD_LENGTH;
    if (isFull) return this.#room.promise;
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.#arrived.resolve();
    this.#room.resolve();
  }

  async next(): Promise<QueuedMessage> {
    while (this.#taken === this.#messages.length) {
      if (this.#failure !== undefined) throw this.#failure;
      this.#arrived = Promise.withResolvers();
      await this.#arrived.promise;
    }
    const message = this.#messages[this.#taken++]!;
    if (this.#taken === this.#messages.length) {
      this.#messages.length = this.#taken = this.#length = 0;
      this.#room.resolve();
      this.#room = Promise.withResolvers();
    }
    return message;
  }
}

/** Waits; returns false if the signal ends the wait. */
async function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  try {
    await abortable(promise, signal);
    return true;
  } catch (error) {
    if (!signal.aborted) throw error;
    return false;
  } finally {
    cancel();
  }
}
