/**
 * Live events as server-sent events: the same messages as over a WebSocket, for `curl` and scripts.
 *
 * @module
 */

import type { Clock } from "../../system/clock.ts";
import type { Logger } from "../../system/log.ts";
import type { Caller } from "../caller.ts";
import type { FollowerSink } from "../follower_sink.ts";
import type { FollowRequest, LiveFeed } from "../live_feed.ts";

/** How often a silent stream shows that it lives, in milliseconds. */
const HEARTBEAT_MS = 20_000;
/** How long a client waits before it comes back, in milliseconds. */
const RETRY_MS = 1_000;

/** Options of {@linkcode eventStream}. */
export interface EventStreamOptions {
  /** What happens. */
  readonly feed: LiveFeed;
  /** Who follows. */
  readonly caller: Pick<Caller, "isViewer">;
  /** What the client wants. */
  readonly request: FollowRequest;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the hub. */
  readonly log: Logger;
}

/** A stream of server-sent events. */
export interface EventStream {
  /** The body of the response. */
  readonly body: ReadableStream<Uint8Array>;
  /** Settles when it has ended; never rejects. */
  readonly closed: Promise<void>;
  /** Ends it. */
  end(): void;
}

const ENCODER = new TextEncoder();

/**
 * Begins a stream.
 *
 * @throws {SessionError} If there is no such session or event.
 */
export function eventStream(options: EventStreamOptions): EventStream {
  return new FollowingStream(options);
}

/** How far a client has got, as it says when it comes back: a number, or with other hosts a number for each. */
class Positions {
  readonly #ownName: string;
  readonly #hosts = new Map<string, number>();
  #own = 0;

  constructor(ownName = "", after: FollowRequest["after"] = 0) {
    this.#ownName = ownName;
    if (typeof after !== "number") { for (const [name, id] of Object.entries(after)) this.#hosts.set(name, id); }
    this.#hosts.delete(ownName);
  }

  /** Notes how far the client has got with the hub or a host, and returns the whole. */
  move(cursor: number, host: string | undefined): string {
    if (host === undefined) this.#own = cursor;
    else this.#hosts.set(host, cursor);
    if (this.#hosts.size === 0) return String(this.#own);
    return JSON.stringify({ ...Object.fromEntries(this.#hosts), [this.#ownName]: this.#own });
  }
}

class FollowingStream implements EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly closed: Promise<void>;
  readonly #options: EventStreamOptions;
  readonly #noteClosed: () => void;
  readonly #following: Disposable;
  readonly #positions: Positions;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #isEnded = false;
  #progress = Promise.withResolvers<void>();
  #cancelHeartbeat = () => {};

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#positions = new Positions(options.feed.ownName, options.request.after);
    const { promise, resolve } = Promise.withResolvers<void>();
    [this.closed, this.#noteClosed] = [promise, resolve];
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#controller = controller),
      pull: () => this.#noteProgress(),
      cancel: () => this.#finish(),
    }, { highWaterMark: 0, size: (chunk) => chunk.length });
    this.#write(`retry: ${RETRY_MS}\n\n`);
    this.#following = options.feed.follow(options.request, this.#sink(), options.caller);
    this.#beatLater();
    // The first messages may have been too much already.
    if (this.#isEnded) this.#release();
  }

  end(): void {
    if (this.#isEnded) return;
    this.#finish();
    this.#controller.close();
  }

  #sink(): FollowerSink {
    const backlog = () => -(this.#controller.desiredSize ?? 0);
    const progress = () => this.#progress.promise;
    return {
      get backlog() {
        return backlog();
      },
      get progress() {
        return progress();
      },
      send: (type, json, cursor, host) => {
        this.#write(`event: ${type}\nid: ${this.#positions.move(cursor, host)}\ndata: ${json}\n\n`);
      },
      cutOff: () => {
        this.#options.log.info("an event stream is cut off: its client does not read");
        this.#break("the client does not read");
      },
      fail: (error) => {
        this.#options.log.error(`cannot read events: ${Deno.inspect(error)}`);
        this.#break("cannot read events");
      },
    };
  }

  #write(text: string): void {
    if (!this.#isEnded) this.#controller.enqueue(ENCODER.encode(text));
  }

  /** Breaks the connection at once; a mere end would wait until the client has read everything. */
  #break(reason: string): void {
    if (this.#isEnded) return;
    this.#finish();
    this.#controller.error(new Error(reason));
  }

  #beatLater(): void {
    this.#cancelHeartbeat = this.#options.clock.after(HEARTBEAT_MS, () => {
      this.#write(":\n\n");
      this.#beatLater();
    });
  }

  #finish(): void {
    this.#isEnded = true;
    this.#noteProgress();
    this.#release();
    this.#noteClosed();
  }

  #release(): void {
    this.#cancelHeartbeat();
    this.#following?.[Symbol.dispose]();
  }

  #noteProgress(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }
}
