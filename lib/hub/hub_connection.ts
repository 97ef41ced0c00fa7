/**
 * A client's connection to the hub's socket: reads requests, and sends replies and live events.
 *
 * @module
 */

import type { Dispatch, Reply } from "../rpc/dispatch.ts";
import { encodeJson } from "../rpc/json_encode.ts";
import { type Line, LineFramer, LineTooLongError } from "../rpc/framing.ts";
import { type Clock, happensWithin } from "../system/clock.ts";
import { errnoText } from "../system/errno.ts";
import type { ByteStream } from "../system/io.ts";
import type { Logger } from "../system/log.ts";
import { hubCaller } from "./caller.ts";
import { ConnectionOutput } from "./connection_output.ts";
import { FAILURE_CODES } from "./failure_codes.ts";
import type { HubClientContext } from "./hub_dispatcher.ts";
import type { FeedMessageType, FollowerSink } from "./follower_sink.ts";
import type { LiveFeed } from "./live_feed.ts";
import type { OperationContext } from "./operation.ts";

/** The longest line, with its newline, in bytes. */
const MAX_LINE_BYTES = 8 << 20;
/** With this many unanswered requests, the connection is not read any more. */
const MAX_IN_FLIGHT = 256;
/** With unanswered requests of this total length, in characters, the connection is not read any more. */
const MAX_IN_FLIGHT_LENGTH = 16 << 20;
/** With more unread output than this, in bytes, the connection is not read any more. */
const MAX_BACKLOG = 8 << 20;
/** How long a client may take to read its last replies, in milliseconds. */
const FINISH_MS = 1_000;
const READ_BYTES = 64 << 10;

/** The method of the notification for each type of message. */
const NOTIFICATIONS: Readonly<Record<FeedMessageType | "lagging", string>> = {
  snapshot: "session.snapshot",
  event: "session.event",
  delta: "session.delta",
  session: "session.changed",
  removed: "session.removed",
  notice: "hub.notice",
  lagging: "session.lagging",
};

/** Options of {@linkcode serveHubConnection}. */
export interface HubConnectionOptions {
  /** Answers a line. */
  readonly dispatch: Dispatch<HubClientContext>;
  /** What happens. */
  readonly feed: LiveFeed;
  /** What operations work with. */
  readonly operations: OperationContext;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the hub. */
  readonly log: Logger;
}

/** A connection that is being served. */
export interface HubConnection {
  /** Settles when the connection is closed; never rejects. */
  readonly closed: Promise<void>;
  /** Reads no more requests, answers the pending ones within a second and closes the connection. */
  finish(): Promise<void>;
}

/** Serves a client until it disconnects. */
export function serveHubConnection(stream: ByteStream, options: HubConnectionOptions): HubConnection {
  return new ClientConnection(stream, options);
}

class ClientConnection implements HubConnection, HubClientContext {
  readonly closed: Promise<void>;
  operations: OperationContext;
  readonly #stream: ByteStream;
  readonly #options: HubConnectionOptions;
  readonly #output: ConnectionOutput;
  #following: Disposable | undefined;
  #inFlight = 0;
  #inFlightLength = 0;
  #isFinishing = false;
  #isClosed = false;
  /** Settles when a request is answered or the connection is closed. */
  #progress = Promise.withResolvers<void>();

  constructor(stream: ByteStream, options: HubConnectionOptions) {
    this.#stream = stream;
    this.#options = options;
    this.operations = options.operations;
    this.#output = new ConnectionOutput(stream, (error) => {
      options.log.debug(`cannot write to a client: ${errnoText(error)}`);
      this.#close();
    });
    this.closed = this.#serve();
  }

  follow(request: Parameters<HubClientContext["follow"]>[0]): void {
    const sink = this.#sink();
    const before = this.#following;
    // The reply comes before the first notification.
    this.#following = undefined;
    const following = this.#options.feed.follow(request, sink, this.operations.caller);
    before?.[Symbol.dispose]();
    this.#following = following;
    sink.open();
    if (this.#isClosed) following[Symbol.dispose]();
  }

  introduce(name: string): void {
    this.operations = { ...this.operations, caller: hubCaller(name, this.operations.caller.address) };
  }

  async finish(): Promise<void> {
    this.#isFinishing = true;
    this.#endFollowing();
    await happensWithin(this.#sendReplies(), FINISH_MS, this.#options.clock);
    this.#close();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#endFollowing();
    this.#output.close();
    this.#stream.close();
    this.#noteProgress();
  }

  #endFollowing(): void {
    this.#following?.[Symbol.dispose]();
    this.#following = undefined;
  }

  async #serve(): Promise<void> {
    try {
      await this.#readAll();
    } catch (error) {
      if (error instanceof LineTooLongError) this.#output.send(tooLongReply());
      else if (!this.#isClosed) this.#options.log.debug(`cannot read from a client: ${errnoText(error)}`);
    }
    await this.finish();
  }

  async #readAll(): Promise<void> {
    const framer = new LineFramer(MAX_LINE_BYTES);
    const buffer = new Uint8Array(READ_BYTES);
    for (let n = await this.#stream.read(buffer); n !== null; n = await this.#stream.read(buffer)) {
      for (const line of framer.push(buffer.subarray(0, n))) {
        if (this.#isFinishing) return;
        this.#answer(line);
        if (this.#isFull) await this.#roomForRequests();
      }
    }
    for (const line of framer.end()) this.#answer(line);
  }

  #answer({ text, isPlain }: Line): void {
    const reply = this.#options.dispatch(text, isPlain, this);
    if (!(reply instanceof Promise)) return this.#reply(reply);
    this.#inFlight++;
    this.#inFlightLength += text.length;
    void reply.then((late) => {
      this.#inFlight--;
      this.#inFlightLength -= text.length;
      this.#reply(late);
      this.#noteProgress();
    });
  }

  #reply(reply: Reply | undefined): void {
    // No operation of the hub has a reply that is encoded while it is sent.
    if (typeof reply === "string") this.#output.send(reply);
  }

  get #isFull(): boolean {
    return this.#inFlight >= MAX_IN_FLIGHT || this.#inFlightLength > MAX_IN_FLIGHT_LENGTH ||
      this.#output.backlog > MAX_BACKLOG;
  }

  async #roomForRequests(): Promise<void> {
    while (!this.#isClosed && this.#isFull) await Promise.race([this.#progress.promise, this.#output.progress]);
  }

  /** Waits until the requests in flight are answered and everything is written. */
  async #sendReplies(): Promise<void> {
    while (this.#inFlight > 0 && !this.#isClosed) await this.#progress.promise;
    await this.#output.finish();
  }

  #noteProgress(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }

  /** Messages wait until the reply to `session.follow` is queued: that happens in the same turn. */
  #sink(): FollowerSink & { open(): void } {
    const output = this.#output;
    let waiting: string | undefined = "";
    const send = (lines: string) => {
      if (waiting === undefined) output.send(lines);
      else waiting += lines;
    };
    return {
      get backlog() {
        return output.backlog + (waiting?.length ?? 0);
      },
      get progress() {
        return output.progress;
      },
      send: (type, json) => send(notification(type, json)),
      cutOff: () => this.#cutOff(),
      fail: (error) => this.#fail(error),
      open() {
        queueMicrotask(() => {
          const lines = waiting ?? "";
          waiting = undefined;
          output.send(lines);
        });
      },
    };
  }

  #cutOff(): void {
    this.#options.log.info("a follower is cut off: it does not read");
    this.#output.dropQueued();
    this.#output.send(notification("lagging", '{"type":"lagging"}'));
    void this.finish();
  }

  #fail(error: unknown): void {
    this.#options.log.error(`cannot read events: ${Deno.inspect(error)}`);
    void this.finish();
  }
}

function notification(type: keyof typeof NOTIFICATIONS, json: string): string {
  return `{"jsonrpc":"2.0","method":"${NOTIFICATIONS[type]}","params":${json}}\n`;
}

function tooLongReply(): string {
  const error = { code: FAILURE_CODES.too_large.rpc, message: `a request may have ${MAX_LINE_BYTES} bytes at most` };
  return `{"jsonrpc":"2.0","id":null,"error":${encodeJson(error)}}\n`;
}
