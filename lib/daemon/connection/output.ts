/**
 * What one connection is sent: replies at once and in whole batches, streams in turn, straight out
 * of the replay buffers (contract: Memory and fairness).
 *
 * @module
 */

import type { FrameSource, OutputRoom } from "../../methods/context.ts";
import type { LargeReply, Reply } from "../../rpc/dispatch.ts";
import { type ByteSink, concat, writeAll } from "../../system/io.ts";
import type { Pause } from "../../system/turns.ts";
import { OutputBudget } from "./output_budget.ts";

/** Past this many characters of unsent replies the connection is not read any more (contract: Memory and fairness). */
const MAX_UNSENT = 8 << 20;
/** So much of a large reply is told to {@linkcode OutputOptions.onWrite}. */
const MAX_TOLD = 8 << 20;
/** Replies are encoded into an array that is used again; it grows with them, up to a bound, in bytes. */
const SCRATCH_BYTES = { first: 4 << 10, most: 64 << 10 };
const NEWLINE = 0x0a;
const ENCODER = new TextEncoder();

/** What was being written when the peer went away. */
export type WriteKind = "reply" | "stream" | "replay";

/** What an output needs. */
export interface OutputOptions {
  /** Where it goes. */
  readonly sink: ByteSink;
  /** Lets others have their turn. */
  readonly pause: Pause;
  /** Called once, when a write fails; everything is dropped by then. */
  readonly onFailure: (kind: WriteKind, error: unknown, size: number) => void;
  /** Told of whole lines before their ends are written; of a very large one its first 8 MiB, and its size in bytes. */
  readonly onWrite?: (bytes: Uint8Array, size?: number) => void;
}

/** See the module. */
export class Output {
  readonly #options: OutputOptions;
  #scratch = new Uint8Array(SCRATCH_BYTES.first);
  readonly #streams = new Set<FrameSource>();
  /** Those that may have something to send, in turn. */
  readonly #ready = new Set<FrameSource>();
  #replies = "";
  /** Large replies, each with the replies behind it, which are only looked at when it is sent. */
  readonly #large: { readonly reply: LargeReply; behind: string }[] = [];
  readonly #budget = new OutputBudget(MAX_UNSENT);
  /** How much is queued or being written, in characters or bytes. */
  #unsent = 0;
  #isWriting = false;
  #isEnding = false;
  #isClosed = false;
  #settled = Promise.withResolvers<void>();

  /** Writes nothing yet. */
  constructor(options: OutputOptions) {
    this.#options = options;
  }

  /** Whether the peer is so far behind that it should not be given more. */
  get isFull(): boolean {
    return this.#unsent > MAX_UNSENT;
  }

  /** A share of what the peer may leave unread, for a reply that may be large. */
  share(): OutputRoom {
    return this.#budget.share();
  }

  /** Queues reply lines; they go out in this order, and before any further stream frame. */
  send(reply: Reply): void {
    if (typeof reply !== "string") return this.#sendLarge(reply);
    if (this.#isClosed || reply === "") return;
    const last = this.#large.at(-1);
    if (last === undefined) this.#replies += reply;
    else last.behind += reply;
    this.#unsent += reply.length;
    this.#kick();
  }

  #sendLarge(reply: LargeReply): void {
    if (this.#isClosed) return reply.release();
    this.#large.push({ reply, behind: "" });
    this.#unsent += reply.size;
    this.#kick();
  }

  /** Sends the peer what a stream gives; `onReadable` is called whenever there may be something to take. */
  attach<S extends FrameSource>(open: (onReadable: () => void) => S): S {
    // It may be readable before it is there: then it is looked at below.
    let isThere = false;
    const onReadable = () => {
      if (isThere) this.#noteReadable(stream);
    };
    const stream = open(onReadable);
    isThere = true;
    this.#streams.add(stream);
    this.#noteReadable(stream);
    if (this.#isClosed) this.#drop(stream);
    return stream;
  }

  /** Settles when it has come closer to its peer: replies were written, or cannot be any more. */
  get progress(): Promise<void> {
    return this.#settled.promise;
  }

  /** Takes nothing more from streams, and settles when everything else is written or cannot be. */
  async finish(): Promise<void> {
    this.#isEnding = true;
    while (this.#isWriting && !this.#isClosed) await this.#settled.promise;
  }

  /** Drops all that is queued and every stream. */
  close(): void {
    this.#isClosed = true;
    this.#replies = "";
    for (const { reply } of this.#large.splice(0)) reply.release();
    this.#budget.close();
    for (const stream of this.#streams) this.#drop(stream);
    this.#settle();
  }

  #noteReadable(stream: FrameSource): void {
    if (!this.#streams.has(stream)) return;
    this.#ready.add(stream);
    this.#kick();
  }

  #drop(stream: FrameSource): void {
    this.#streams.delete(stream);
    this.#ready.delete(stream);
    stream.close();
  }

  #settle(): void {
    this.#settled.resolve();
    this.#settled = Promise.withResolvers();
  }

  #kick(): void {
    if (!this.#isWriting && !this.#isClosed) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isWriting = true;
    try {
      while (!this.#isClosed) {
        if (this.#replies !== "") {
          const size = this.#replies.length;
          await this.#write(this.#takeReplies(), "reply");
          this.#noteSent(size);
          continue;
        }
        const large = this.#large.shift();
        if (large !== undefined) {
          this.#replies = large.behind;
          await this.#writeLarge(large.reply);
          this.#noteSent(large.reply.size);
          continue;
        }
        const next = this.#nextStream();
        // Nothing may happen between looking and stopping, or what comes in between is never sent.
        if (next === undefined) break;
        await this.#writeStream(next);
      }
    } finally {
      this.#isWriting = false;
      this.#settle();
    }
  }

  #noteSent(size: number): void {
    this.#unsent -= size;
    this.#settle();
  }

  /** Nothing else is sent between its pieces, but others have their turn. */
  async #writeLarge({ pieces, release }: LargeReply): Promise<void> {
    const { onWrite, pause, onFailure } = this.#options;
    const told = onWrite === undefined ? undefined : new ToldLine(onWrite);
    let count = 0;
    try {
      for (const piece of pieces) {
        // A small reply is over with its first piece.
        const pausing = count === 0 ? undefined : pause(count > 1);
        if (pausing !== undefined) await pausing;
        if (this.#isClosed) return;
        told?.add(piece);
        await this.#writeBytes(piece, "reply");
        count++;
      }
    } catch (error) {
      // Half a line cannot be taken back.
      this.close();
      onFailure("reply", error, 0);
    } finally {
      release();
    }
  }

  #takeReplies(): Uint8Array {
    const text = this.#replies;
    this.#replies = "";
    const most = text.length * 3;
    if (most > SCRATCH_BYTES.most) return ENCODER.encode(text);
    if (most > this.#scratch.length) this.#scratch = new Uint8Array(SCRATCH_BYTES.most);
    return this.#scratch.subarray(0, ENCODER.encodeInto(text, this.#scratch).written);
  }

  /** The next stream in turn that has something, with a slice taken. */
  #nextStream(): { stream: FrameSource; bytes: Uint8Array } | undefined {
    for (const stream of this.#isEnding ? [] : this.#ready) {
      this.#ready.delete(stream);
      const bytes = stream.take();
      if (bytes !== undefined) {
        this.#ready.add(stream);
        return { stream, bytes };
      }
      if (stream.isDone) this.#drop(stream);
    }
    return undefined;
  }

  async #writeStream({ stream, bytes }: { stream: FrameSource; bytes: Uint8Array }): Promise<void> {
    try {
      await this.#write(bytes, stream.isReplaying ? "replay" : "stream");
    } finally {
      stream.release();
    }
    const pause = this.#options.pause();
    if (pause !== undefined) await pause;
  }

  #write(bytes: Uint8Array, kind: WriteKind): Promise<void> {
    this.#options.onWrite?.(bytes);
    return this.#writeBytes(bytes, kind);
  }

  async #writeBytes(bytes: Uint8Array, kind: WriteKind): Promise<void> {
    try {
      // Nearly every write takes all at once: that way is kept free of a further await.
      const written = await this.#options.sink.write(bytes);
      if (written < bytes.length) await writeAll(this.#options.sink, bytes.subarray(written));
    } catch (error) {
      if (this.#isClosed) return;
      this.close();
      this.#options.onFailure(kind, error, bytes.length);
    }
  }
}

/** Puts a line together that is written in pieces, as far as it is to be told. */
class ToldLine {
  readonly #onWrite: NonNullable<OutputOptions["onWrite"]>;
  readonly #pieces: Uint8Array[] = [];
  #kept = 0;
  #size = 0;

  constructor(onWrite: NonNullable<OutputOptions["onWrite"]>) {
    this.#onWrite = onWrite;
  }

  add(piece: Uint8Array): void {
    const kept = piece.slice(0, MAX_TOLD - this.#kept);
    this.#pieces.push(kept);
    this.#kept += kept.length;
    this.#size += piece.length;
    // A line feed is always its end.
    if (piece.at(-1) === NEWLINE) this.#onWrite(concat(this.#pieces), this.#size);
  }
}
