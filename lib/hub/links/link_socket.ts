/**
 * A WebSocket between two hubs, which carries any number of connections of the hub's wire. The receiving hub opens them;
 * the hub of the host serves them.
 *
 * @module
 */

import type { ByteStream } from "../../system/io.ts";
import { type Clock, happensWithin } from "../../system/clock.ts";
import { printable } from "../../system/printable.ts";
import { CLOSE, closeSoon } from "../http/close_codes.ts";
import { LinkChannel } from "./link_channel.ts";
import { controlFrame, lineFrame, type LinkFrame, readFrame } from "./link_frames.ts";

/** With more than this in the runtime's hands, in bytes, lines wait for their turn. */
const MAX_HANDED = 256 << 10;
/** How often to look whether the runtime has sent something, in milliseconds. It tells nobody. */
const LOOK_MS = 5;
/** The longest message, in characters: a line of 8 MiB, and the number of its connection. */
const MAX_MESSAGE = (8 << 20) + 1_024;
/** The most connections at once. */
const MAX_CHANNELS = 4_096;
/** After so much silence the other end is asked whether it is there, in milliseconds. */
const ASK_MS = 15_000;
/** After so much silence the other end is gone, in milliseconds. */
const SILENCE_MS = 45_000;

/** The first code of a close that is a program's own. */
const FIRST_OWN_CODE = 3_000;

/** Why a link has ended. */
export interface LinkEnd {
  /** The code of the WebSocket's close; 1006 if it broke. */
  readonly code: number;
  /** The reason in words; "" if there is none. */
  readonly reason: string;
}

/** What is used of a WebSocket. */
export type LinkWebSocket = Pick<
  WebSocket,
  "send" | "close" | "bufferedAmount" | "readyState" | "addEventListener"
>;

/** Options of {@linkcode LinkSocket}. */
export interface LinkSocketOptions {
  /** Serves a connection that the other end opens. @default {the other end may open none} */
  readonly accept?: (stream: ByteStream) => void;
  /** Called with sentences that the other end has for the log. */
  readonly onNotice?: (text: string) => void;
  /** The source of time. */
  readonly clock: Clock;
}

/** See the module comment. */
export class LinkSocket {
  readonly #socket: LinkWebSocket;
  readonly #options: LinkSocketOptions;
  readonly #channels = new Map<number, LinkChannel>();
  readonly #pings = new Map<number, () => void>();
  readonly #closed = Promise.withResolvers<LinkEnd>();
  #isClosed = false;
  /** The number of the next connection; lower ones do not come back. */
  #next = 0;
  #nextPing = 1;
  /** Settles when those who came before have sent. */
  #turn: Promise<void> | undefined;
  #heardAt: number;
  #cancelWatch = () => {};

  /** @param socket The WebSocket, which is open or about to be accepted. */
  constructor(socket: WebSocket | LinkWebSocket, options: LinkSocketOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#heardAt = options.clock.elapsed();
    socket.addEventListener("message", (event) => this.#hear((event as MessageEvent).data));
    socket.addEventListener("close", (event) => {
      const { code, reason } = event as CloseEvent;
      this.#finish({ code, reason: printable(reason) });
    });
    // The runtime reports a connection that breaks here, and closes the socket afterwards.
    socket.addEventListener("error", (event) => {
      this.#finish({ code: CLOSE.broken, reason: event instanceof ErrorEvent ? event.message : "" });
    });
    this.#watch();
  }

  /** Settles when the link has ended; never rejects. */
  get closed(): Promise<LinkEnd> {
    return this.#closed.promise;
  }

  /** Whether the link has ended. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Opens a connection; the other end learns of it with the first line. */
  open(): ByteStream {
    const channel = new LinkChannel(this.#next, this.#port);
    if (this.#isClosed) channel.ended();
    else this.#channels.set(this.#next, channel);
    this.#next++;
    return channel;
  }

  /** Asks whether the other end is there; returns whether it answers in time.
   *
   * @param ms How long to wait, in milliseconds. */
  async ping(ms: number): Promise<boolean> {
    if (this.#isClosed) return false;
    const id = this.#nextPing++;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#pings.set(id, resolve);
    this.#say({ kind: "ping", id });
    // Once it is closed nobody answers any more.
    const answered = Promise.race([promise, this.closed]);
    const isInTime = await happensWithin(answered, ms, this.#options.clock);
    this.#pings.delete(id);
    return isInTime && !this.#isClosed;
  }

  /** Tells the other end something for its log. */
  tell(text: string): void {
    this.#say({ kind: "notice", text });
  }

  /** Ends the link. */
  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#finish({ code, reason });
    // Who has dialed may only send codes of its own, or the usual one.
    const isDialer = this.#options.accept !== undefined;
    closeSoon(this.#socket, isDialer && code < FIRST_OWN_CODE ? CLOSE.normal : code, reason);
  }

  readonly #port = {
    send: (channel: number, line: string) => this.#send(lineFrame(channel, line)),
    end: (channel: number) => {
      if (this.#channels.delete(channel)) this.#say({ kind: "end", channel });
    },
  };

  #hear(data: unknown): void {
    if (this.#isClosed) return;
    this.#heardAt = this.#options.clock.elapsed();
    if (typeof data !== "string") return this.close(CLOSE.policy, "messages must be text");
    if (data.length > MAX_MESSAGE) return this.close(CLOSE.tooLarge, `a message may have ${MAX_MESSAGE} characters`);
    const frame = readFrame(data);
    if (frame !== undefined) this.#take(frame);
  }

  #take(frame: LinkFrame): void {
    switch (frame.kind) {
      case "line":
        return this.#takeLine(frame.channel, frame.text);
      case "ping":
        return this.#say({ kind: "pong", id: frame.id });
      case "pong":
        return this.#pings.get(frame.id)?.();
      case "notice":
        return this.#options.onNotice?.(frame.text);
      case "end": {
        this.#channels.get(frame.channel)?.ended();
        this.#channels.delete(frame.channel);
      }
    }
  }

  #takeLine(id: number, line: string): void {
    const known = this.#channels.get(id);
    if (known !== undefined) return known.take(line);
    const { accept } = this.#options;
    // A line may be on its way when its connection ends.
    if (accept === undefined || id < this.#next) return;
    if (this.#channels.size >= MAX_CHANNELS) return this.close(CLOSE.policy, "too many connections over one link");
    this.#next = id + 1;
    const channel = new LinkChannel(id, this.#port);
    this.#channels.set(id, channel);
    channel.take(line);
    accept(channel);
  }

  /** What is about the link itself is short, and does not wait. */
  #say(frame: Parameters<typeof controlFrame>[0]): void {
    if (this.#isClosed || this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(controlFrame(frame));
  }

  /** Those who send take turns, so that no connection keeps the others waiting for long. */
  #send(message: string): Promise<void> {
    if (this.#turn === undefined && this.#hasRoom) return this.#sendNow(message);
    const sent = (this.#turn ?? Promise.resolve()).then(async () => {
      while (!this.#isClosed && !this.#hasRoom) await this.#look();
      await this.#sendNow(message);
    });
    const turn: Promise<void> = sent.catch(() => {}).then(() => {
      if (this.#turn === turn) this.#turn = undefined;
    });
    this.#turn = turn;
    return sent;
  }

  get #hasRoom(): boolean {
    return this.#socket.readyState === WebSocket.OPEN && this.#socket.bufferedAmount <= MAX_HANDED;
  }

  #sendNow(message: string): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Deno.errors.BrokenPipe("the link is closed"));
    this.#socket.send(message);
    return Promise.resolve();
  }

  #look(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#options.clock.after(LOOK_MS, resolve);
    return promise;
  }

  /** Notices that the other end is gone where the network does not tell. */
  #watch(): void {
    const { clock } = this.#options;
    this.#cancelWatch = clock.after(ASK_MS, () => {
      const silence = clock.elapsed() - this.#heardAt;
      if (silence >= SILENCE_MS) {
        return this.close(CLOSE.goingAway, `nothing was heard of the other end for ${SILENCE_MS / 1000} s`);
      }
      if (silence >= ASK_MS / 2) this.#say({ kind: "ping", id: 0 });
      this.#watch();
    });
  }

  /** A peer that does not read may never complete the close. */
  #finish(end: LinkEnd): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelWatch();
    for (const channel of this.#channels.values()) channel.ended();
    this.#channels.clear();
    this.#closed.resolve(end);
  }
}
