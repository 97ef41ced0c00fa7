/**
 * The live connection: everything that happens, once and in order, over any number of lost connections.
 *
 * @module
 */

import type { FollowMessage } from "../../hub/hub_client.ts";

/** How long to wait before a lost connection is made again, in milliseconds: it doubles from the first to the last. */
const BACKOFF_MS = { first: 250, last: 10_000 };
/** The code with which the hub closes when this browser is not signed in. */
const SIGNED_OUT = 1008;

/** Options of {@linkcode LiveConnection}. */
export interface LiveOptions {
  /** The address of the hub's WebSocket. */
  readonly url: () => string;
  /** What proves that this page asks. */
  readonly pageKey: () => string | undefined;
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
  /** The id of the last event that has arrived; `undefined` before the first snapshot. */
  #cursor: number | undefined;
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
    this.#cursor = undefined;
    this.#socket?.close();
    this.#socket = undefined;
    this.#hasSubscribed = false;
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
      socket.send(JSON.stringify({ type: "subscribe", after: this.#cursor, watch: this.#topics, page_key }));
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
      if (code === SIGNED_OUT) return this.#options.onRefused();
      if (!hasOpened) this.#options.onFailed();
      this.#connectLater();
    });
  }

  #take(message: FollowMessage | { readonly type: "lagging" }): void {
    if (message.type === "lagging") return;
    if (message.type === "snapshot") {
      this.#backoff = BACKOFF_MS.first;
      this.#cursor ??= message.last_event;
      this.#options.onChange(true);
    }
    if (message.type === "event") {
      if (message.event.id <= (this.#cursor ?? 0)) return;
      this.#cursor = message.event.id;
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
