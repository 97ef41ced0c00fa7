/**
 * The live connection: everything that happens, once and in order, over any number of lost connections.
 *
 * @module
 */

import type { FollowMessage } from "../../hub/hub_client.ts";
import { EventCursors } from "../../hub/event_cursors.ts";

/** How long to wait before a lost connection is made again, in milliseconds: it doubles from the first to the last. */
const BACKOFF_MS = { first: 250, last: 10_000 };
/** The code with which the hub closes when this browser is not signed in. */
const SIGNED_OUT = 1008;
/** The code with which the hub closes when it cannot go on, as after an event that a host does not have any more. */
const FAILED = 1011;

/** Options of {@linkcode LiveConnection}. */
export interface LiveOptions {
  /** The address of the hub's WebSocket. */
  readonly url: () => string;
  /** What proves that this page asks. */
  readonly pageKey: () => string | undefined;
  /** The name of the hub; `undefined` while nobody needs to know it. */
  readonly ownName: () => string | undefined;
  /** Called with each message, in order. */
  readonly onMessage: (message: FollowMessage) => void;
  /** Called when the connection is there or lost. */
  readonly onChange: (isConnected: boolean) => void;
  /** Called when the hub refuses this browser. */
  readonly onRefused: () => void;
  /** Called when no connection came about, for which the browser tells no reason. */
  readonly onFailed: () => void;
}

/** A connection that comes back by itself. */
export class LiveConnection {
  readonly #options: LiveOptions;
  #socket: WebSocket | undefined;
  readonly #cursors = new EventCursors();
  #backoff = BACKOFF_MS.first;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = true;
  #topics: readonly string[] = [];
  #hasSubscribed = false;

  /** @param options What it does. */
  constructor(options: LiveOptions) {
    this.#options = options;
    addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#hurry();
    });
  }

  /** Connects, and stays connected. */
  start(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#connect();
  }

  /** Disconnects. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#cursors.forget();
    this.#socket?.close();
    this.#socket = undefined;
    this.#hasSubscribed = false;
  }

  /** Forgets how far it has got with a host: one of that name may be another machine later. */
  forgetHost(name: string): void {
    this.#cursors.forgetHost(name);
  }

  /** Asks for the notices about topics, and for no others, also over later connections. */
  watch(topics: readonly string[]): void {
    this.#topics = topics;
    if (this.#hasSubscribed) this.#socket?.send(JSON.stringify({ type: "watch", topics }));
  }

  /** Tries at once what would be tried later: the network is back, or somebody looks again. */
  #hurry(): void {
    if (this.#isStopped || this.#socket !== undefined) return;
    clearTimeout(this.#timer);
    this.#backoff = BACKOFF_MS.first;
    this.#connect();
  }

  #connect(): void {
    const socket = new WebSocket(this.#options.url());
    let hasOpened = false;
    this.#socket = socket;
    this.#hasSubscribed = false;
    socket.addEventListener("open", () => {
      hasOpened = true;
      const page_key = this.#options.pageKey();
      const after = this.#cursors.after(this.#options.ownName());
      socket.send(JSON.stringify({ type: "subscribe", after, watch: this.#topics, page_key }));
      this.#hasSubscribed = socket === this.#socket;
    });
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket) this.#take(JSON.parse(data));
    });
    socket.addEventListener("close", ({ code }) => {
      if (socket !== this.#socket) return;
      this.#socket = undefined;
      this.#hasSubscribed = false;
      this.#options.onChange(false);
      if (code === FAILED) this.#cursors.forgetHosts();
      if (code === SIGNED_OUT) return this.#options.onRefused();
      if (!hasOpened) this.#options.onFailed();
      this.#connectLater();
    });
  }

  #take(message: FollowMessage | { readonly type: "lagging" }): void {
    if (message.type === "lagging") return;
    if (!this.#cursors.take(message)) return;
    if (message.type === "snapshot" && message.host === undefined) {
      this.#backoff = BACKOFF_MS.first;
      this.#options.onChange(true);
    }
    this.#options.onMessage(message);
  }

  #connectLater(): void {
    if (this.#isStopped) return;
    // Many pages must not all come back in the same instant.
    const wait = this.#backoff * (0.75 + Math.random() / 2);
    this.#backoff = Math.min(this.#backoff * 2, BACKOFF_MS.last);
    this.#timer = setTimeout(() => this.#connect(), wait);
  }
}
