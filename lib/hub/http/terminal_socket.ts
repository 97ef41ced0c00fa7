/**
 * The terminal of a session over a WebSocket: its bytes both ways in binary messages, and the size both ways in text
 * messages, `{"resize":[columns,rows]}` from the client and `{"size":[columns,rows]}` to it.
 *
 * @module
 */

import * as v from "valibot";
import type { Sessions, TerminalSize, TerminalStream } from "../../sessions/sessions.ts";
import type { Clock } from "../../system/clock.ts";
import type { Logger } from "../../system/log.ts";
import { failureOf } from "../failure_codes.ts";
import { problemOf } from "../schemas.ts";
import { CLOSE, closeSoon } from "./close_codes.ts";
import type { LiveConnection } from "./live_connections.ts";

/** How long a client may take until it says how large it is, in milliseconds. */
const FIRST_MS = 5_000;
/** With more than this in the runtime's hands, in bytes, no more of the terminal is read. */
const MAX_HANDED = 512 << 10;
/** How often to look whether the runtime has sent something, in milliseconds. It tells nobody. */
const LOOK_MS = 10;
/** The longest text message, in characters. */
const MAX_TEXT = 4_096;
/** The longest input at once, in bytes. */
const MAX_INPUT = 1 << 20;
/** How much input may wait for the terminal, in bytes. */
const MAX_WAITING_INPUT = 4 << 20;

const side = v.pipe(v.number(), v.safeInteger(), v.minValue(2), v.maxValue(500));
const control = v.strictObject({ resize: v.strictTuple([side, side]), page_key: v.optional(v.string()) });

/** What a client says in text. */
type Control = v.InferOutput<typeof control>;

/** Options of {@linkcode serveTerminalSocket}. */
export interface TerminalSocketOptions {
  /** The sessions. */
  readonly sessions: Pick<Sessions, "openTerminal">;
  /** The session, by id or name. */
  readonly session: string;
  /** Whether the client may only look. */
  readonly isReadOnly: boolean;
  /** Checks the key of our page; absent if the client needs none. */
  readonly isPageKey?: ((key: string) => boolean) | undefined;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the hub. */
  readonly log: Logger;
}

/** Serves a client until it disconnects or the terminal ends. */
export function serveTerminalSocket(socket: WebSocket, options: TerminalSocketOptions): LiveConnection {
  return new TerminalSocket(socket, options);
}

class TerminalSocket implements LiveConnection {
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #options: TerminalSocketOptions;
  readonly #stop = new AbortController();
  readonly #cancelWait: () => void;
  #stream: Promise<TerminalStream> | undefined;
  /** The last input that was given to the terminal. */
  #typing: Promise<void> = Promise.resolve();
  #waitingInput = 0;

  constructor(socket: WebSocket, options: TerminalSocketOptions) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#stop.signal.addEventListener("abort", () => resolve(), { once: true });
    this.#socket = socket;
    this.#options = options;
    socket.binaryType = "arraybuffer";
    this.#cancelWait = options.clock.after(FIRST_MS, () => this.#end(CLOSE.policy, "no size came in time"));
    socket.addEventListener("message", ({ data }) => this.#take(data));
    socket.addEventListener("close", () => this.#finish());
    // The runtime closes a socket whose connection broke afterwards.
    socket.addEventListener("error", () => this.#finish());
  }

  goAway(): void {
    this.#end(CLOSE.goingAway, "the hub stops");
  }

  revoke(): void {
    this.#end(CLOSE.policy, "signed out");
  }

  #take(data: unknown): void {
    if (this.#stop.signal.aborted) return;
    if (typeof data === "string") return this.#takeText(data);
    if (data instanceof ArrayBuffer) this.#type(new Uint8Array(data));
  }

  #takeText(text: string): void {
    if (text.length > MAX_TEXT) return this.#end(CLOSE.tooLarge, `a text message may have ${MAX_TEXT} characters`);
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return this.#end(CLOSE.policy, "text messages must be JSON");
    }
    const problem = problemOf(control, message);
    if (problem !== undefined) return this.#end(CLOSE.policy, problem);
    const { resize: [columns, rows], page_key } = message as Control;
    if (this.#stream === undefined) return this.#open({ columns, rows }, page_key);
    // Who only looks sees the terminal in the size that it has.
    if (this.#options.isReadOnly) return;
    this.#stream.then((stream) => stream.resize(columns, rows)).catch((error) => this.#fail(error));
  }

  #open(size: TerminalSize, pageKey: string | undefined): void {
    const { sessions, session, isReadOnly, isPageKey } = this.#options;
    if (isPageKey !== undefined && !isPageKey(pageKey ?? "")) {
      return this.#end(CLOSE.policy, "the first message lacks the page's key: sign in again");
    }
    this.#cancelWait();
    this.#stream = sessions.openTerminal(session, { ...size, isReadOnly, signal: this.#stop.signal });
    this.#stream.then((stream) => this.#show(stream)).catch((error) => this.#fail(error));
  }

  #type(bytes: Uint8Array): void {
    if (this.#stream === undefined) return this.#end(CLOSE.policy, "the size comes first");
    if (this.#options.isReadOnly) return;
    if (bytes.length > MAX_INPUT) return this.#end(CLOSE.tooLarge, `an input may have ${MAX_INPUT} bytes`);
    this.#waitingInput += bytes.length;
    if (this.#waitingInput > MAX_WAITING_INPUT) {
      return this.#end(CLOSE.tryAgain, "the terminal does not take the input");
    }
    const stream = this.#stream;
    this.#typing = this.#typing.then(async () => {
      await (await stream).write(bytes);
      this.#waitingInput -= bytes.length;
    }).catch((error) => this.#fail(error));
  }

  async #show(stream: TerminalStream): Promise<void> {
    for await (const shown of stream.output) {
      if (this.#socket.readyState !== WebSocket.OPEN) break;
      this.#socket.send(shown instanceof Uint8Array ? shown : JSON.stringify({ size: [shown.columns, shown.rows] }));
      while (this.#socket.bufferedAmount > MAX_HANDED && !this.#stop.signal.aborted) await this.#look();
    }
    const { reason } = await stream.ended;
    this.#end(CLOSE.normal, reason);
  }

  #look(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#options.clock.after(LOOK_MS, resolve);
    return promise;
  }

  #fail(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    const { message, isBug } = failureOf(error);
    if (isBug) this.#options.log.error(`a terminal failed: ${Deno.inspect(error)}`);
    this.#end(isBug ? CLOSE.error : CLOSE.policy, message);
  }

  #end(code: number, reason: string): void {
    if (this.#stop.signal.aborted) return;
    this.#finish();
    closeSoon(this.#socket, code, reason);
  }

  #finish(): void {
    this.#cancelWait();
    this.#stop.abort();
  }
}
