/**
 * Live events over a WebSocket: the client says what it wants to follow, and gets a snapshot and everything after it.
 *
 * @module
 */

import * as v from "valibot";
import type { Clock } from "../../system/clock.ts";
import type { Logger } from "../../system/log.ts";
import type { Caller } from "../caller.ts";
import { failureOf } from "../failure_codes.ts";
import type { FollowerSink } from "../follower_sink.ts";
import type { Following, FollowRequest, LiveFeed } from "../live_feed.ts";
import { count, problemOf, text, topics } from "../schemas.ts";
import { CLOSE, closeSoon } from "./close_codes.ts";
import type { LiveConnection } from "./live_connections.ts";
import { SocketSink } from "./socket_sink.ts";

/** How long a client may take until it proves that it is our page, in milliseconds. */
const PROOF_MS = 5_000;
/** After how much silence a client that needs no proof follows everything, in milliseconds. */
const SILENCE_MS = 1_000;
/** The longest message of a client, in characters. */
const MAX_MESSAGE = 64 << 10;

const subscription = v.strictObject({
  type: v.literal("subscribe"),
  after: v.optional(v.union([count, v.record(v.string(), count)])),
  sessions: v.optional(v.array(text)),
  watch: v.optional(topics),
  page_key: v.optional(v.string()),
});
const topicChange = v.strictObject({ type: v.literal("watch"), topics });

/** What a client sends first. */
type Subscription = v.InferOutput<typeof subscription>;
/** What a client may send later: the topics of the notices that it wants from now on. */
type TopicChange = v.InferOutput<typeof topicChange>;

/** Options of {@linkcode serveLiveSocket}. */
export interface LiveSocketOptions {
  /** What happens. */
  readonly feed: LiveFeed;
  /** Who follows. */
  readonly caller: Pick<Caller, "isViewer">;
  /** Checks the key of our page; absent if the client needs none. */
  readonly isPageKey?: ((key: string) => boolean) | undefined;
  /** Whether a client that says nothing follows everything. */
  readonly followsInSilence: boolean;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the hub. */
  readonly log: Logger;
}

/** Serves a client until it disconnects. */
export function serveLiveSocket(socket: WebSocket, options: LiveSocketOptions): LiveConnection {
  return new FollowingSocket(socket, options);
}

class FollowingSocket implements LiveConnection {
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #options: LiveSocketOptions;
  readonly #sink: SocketSink;
  readonly #noteClosed: () => void;
  #following: Following | undefined;
  #isProven: boolean;
  #isEnded = false;
  #cancelWait: () => void;

  constructor(socket: WebSocket, options: LiveSocketOptions) {
    const { clock, isPageKey, followsInSilence } = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    [this.closed, this.#noteClosed] = [promise, resolve];
    this.#socket = socket;
    this.#options = options;
    this.#sink = new SocketSink(socket, clock);
    this.#isProven = isPageKey === undefined;
    this.#cancelWait = !this.#isProven
      ? clock.after(PROOF_MS, () => this.#end(CLOSE.policy, "no subscription with the page's key came in time"))
      : followsInSilence
      ? clock.after(SILENCE_MS, () => this.#follow({}))
      : () => {};
    socket.addEventListener("message", ({ data }) => this.#take(data));
    socket.addEventListener("close", () => this.#finish());
    // The runtime reports a connection that breaks here, and closes the socket afterwards.
    socket.addEventListener("error", (event) => {
      options.log.debug(`a live connection broke: ${event instanceof ErrorEvent ? event.message : "unknown reason"}`);
      this.#finish();
    });
  }

  goAway(): void {
    this.#end(CLOSE.goingAway, "the hub stops");
  }

  revoke(): void {
    this.#end(CLOSE.policy, "signed out");
  }

  #take(data: unknown): void {
    if (this.#isEnded) return;
    if (typeof data !== "string") return this.#end(CLOSE.policy, "messages must be text");
    if (data.length > MAX_MESSAGE) return this.#end(CLOSE.tooLarge, `a message may have ${MAX_MESSAGE} characters`);
    let message: unknown;
    try {
      message = JSON.parse(data);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return this.#end(CLOSE.policy, "messages must be JSON");
    }
    const isTopicChange = (message as Partial<TopicChange> | null)?.type === "watch" && this.#following !== undefined;
    const problem = problemOf(isTopicChange ? topicChange : subscription, message);
    if (problem !== undefined) return this.#end(CLOSE.policy, problem);
    if (isTopicChange) this.#following!.watch((message as TopicChange).topics);
    else this.#subscribe(message as Subscription);
  }

  #subscribe({ page_key, type: _, ...request }: Subscription): void {
    if (!this.#isProven && !this.#options.isPageKey?.(page_key ?? "")) {
      return this.#end(CLOSE.policy, "the subscription lacks the page's key: sign in again");
    }
    this.#isProven = true;
    this.#follow(request);
  }

  #follow(request: FollowRequest): void {
    this.#cancelWait();
    this.#following?.[Symbol.dispose]();
    this.#following = undefined;
    try {
      const following = this.#options.feed.follow(request, this.#feedSink(), this.#options.caller);
      // It may have been cut off already.
      if (this.#isEnded) following[Symbol.dispose]();
      else this.#following = following;
    } catch (error) {
      const { message, isBug } = failureOf(error);
      if (isBug) this.#options.log.error(`cannot follow: ${Deno.inspect(error)}`);
      this.#end(isBug ? CLOSE.error : CLOSE.policy, message);
    }
  }

  #feedSink(): FollowerSink {
    const sink = this.#sink;
    return {
      get backlog() {
        return sink.backlog;
      },
      get progress() {
        return sink.progress;
      },
      send: (_type, json) => sink.send(json),
      cutOff: () => this.#cutOff(),
      fail: (error) => {
        this.#options.log.error(`cannot read events: ${Deno.inspect(error)}`);
        this.#end(CLOSE.error, "cannot read events: the log of the hub says more");
      },
    };
  }

  #cutOff(): void {
    this.#options.log.info("a live connection is cut off: its client does not read");
    this.#sink.dropWaiting();
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send('{"type":"lagging"}');
    this.#end(CLOSE.tryAgain, "the client does not read: come back with the id of the last event");
  }

  #end(code: number, reason: string): void {
    if (this.#isEnded) return;
    this.#finish();
    closeSoon(this.#socket, code, reason);
  }

  /** Frees what the client occupies. A client that does not read may never complete the close. */
  #finish(): void {
    this.#isEnded = true;
    this.#cancelWait();
    this.#following?.[Symbol.dispose]();
    this.#following = undefined;
    this.#sink[Symbol.dispose]();
    this.#noteClosed();
  }
}
