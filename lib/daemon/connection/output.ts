/**
 * The output of one connection: replies are sent at once and in batches, streams take turns, and their frames are
 * written straight from the replay buffers (contract: Memory and fairness).
 *
 * @module
 */

import type { FrameSource, OutputShare } from "../../methods/context.ts";
import type { LargeReply, Reply } from "../../rpc/dispatch.ts";
import { type ByteSink, concat, writeAll } from "../../system/io.ts";
import type { Pause } from "../../system/turns.ts";
import { OutputBudget } from "./output_budget.ts";

/** With more unsent replies than this, in characters, the connection is not read any more (contract: Memory and fairness). */
const MAX_UNSENT = 8 << 20;
/** How much of a large reply {@linkcode OutputOptions.onWrite} receives, in bytes. */
const MAX_REPORTED = 8 << 20;
/** The first and the largest size of the array that replies are encoded into, in bytes; it is reused. */
const SCRATCH_BYTES = { first: 4 << 10, most: 64 << 10 };
const NEWLINE = 0x0a;
const ENCODER = new TextEncoder();

/** What was being written when a write failed. */
export type WriteKind = "reply" | "stream" | "replay";

/** Options of {@linkcode Output}. */
export interface OutputOptions {
  /** The connection that is written to. */
  readonly sink: ByteSink;
  /** Lets other connections have their turn. */
  readonly pause: Pause;
  /** Called once, when a write has failed and everything that was queued has been dropped. */
  readonly onFailure: (kind: WriteKind, error: unknown, size: number) => void;
  /** Called with whole lines before their ends are written; with the first 8 MiB of a very large line, and its size. */
  readonly onWrite?: (bytes: Uint8Array, size?: number) => void;
}

/** The output of one connection. */
export class Output {
  readonly #options: OutputOptions;
  #scratch = new Uint8Array(SCRATCH_BYTES.first);
  readonly #streams = new Set<FrameSource>();
  /** The streams that may have frames, in turn. */
  readonly #ready = new Set<FrameSource>();
  #replies = "";
  /** Large replies, each with the replies that follow it. */
  readonly #large: { readonly reply: LargeReply; following: string }[] = [];
  readonly #budget = new OutputBudget(MAX_UNSENT);
  /** The size of the replies that are queued or being written, in characters or bytes. */
  #unsent = 0;
  #isWriting = false;
  #isEnding = false;
  #isClosed = false;
  /** Settles when replies were written, or cannot be any more. */
  #progress = Promise.withResolvers<void>();

  /** Writes nothing yet. */
  constructor(options: OutputOptions) {
    this.#options = options;
  }

  /** Whether so much output is unread that the connection should not be read any more. */
  get isFull(): boolean {
    return this.#unsent > MAX_UNSENT;
  }

  /** Returns a share of the memory that unread output may occupy, for a reply that may be large. */
  share(): OutputShare {
    return this.#budget.share();
  }

  /** Queues reply lines. They are sent in this order, and before any further stream frame. */
  send(reply: Reply): void {
    if (typeof reply !== "string") return this.#sendLarge(reply);
    if (this.#isClosed || reply === "") return;
    const last = this.#large.at(-1);
    if (last === undefined) this.#replies += reply;
    else last.following += reply;
    this.#unsent += reply.length;
    this.#startWriting();
  }

  #sendLarge(reply: LargeReply): void {
    if (this.#isClosed) return reply.release();
    this.#large.push({ reply, following: "" });
    this.#unsent += reply.size;
    this.#startWriting();
  }

  /** Sends the frames of a stream, which calls `onReadable` whenever it may have frames. */
  attach<S extends FrameSource>(open: (onReadable: () => void) => S): S {
    // A stream may become readable while it is being opened; it is checked below then.
    let isOpen = false;
    const onReadable = () => {
      if (isOpen) this.#noteReadable(stream);
    };
    const stream = open(onReadable);
    isOpen = true;
    this.#streams.add(stream);
    this.#noteReadable(stream);
    if (this.#isClosed) this.#drop(stream);
    return stream;
  }

  /** Settles when the next replies have been written, or cannot be written any more. */
  get progress(): Promise<void> {
    return this.#progress.promise;
  }

  /** Takes no more frames from streams; settles when everything else is written, or cannot be written any more. */
  async finish(): Promise<void> {
    this.#isEnding = true;
    while (this.#isWriting && !this.#isClosed) await this.#progress.promise;
  }

  /** Drops all queued replies and all streams. */
  close(): void {
    this.#isClosed = true;
    this.#replies = "";
    for (const { reply } of this.#large.splice(0)) reply.release();
    this.#budget.close();
    for (const stream of this.#streams) this.#drop(stream);
    this.#noteProgress();
  }

  #noteReadable(stream: FrameSource): void {
    if (!this.#streams.has(stream)) return;
    this.#ready.add(stream);
    this.#startWriting();
  }

  #drop(stream: FrameSource): void {
    this.#streams.delete(stream);
    this.#ready.delete(stream);
    stream.close();
  }

  #noteProgress(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }

  #startWriting(): void {
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
          this.#replies = large.following;
          await this.#writeLarge(large.reply);
          this.#noteSent(large.reply.size);
          continue;
        }
        const next = this.#nextStream();
        // Nothing may be awaited between this check and the end of the loop, or a frame that arrives then is never sent.
        if (next === undefined) break;
        await this.#writeStream(next);
      }
    } finally {
      this.#isWriting = false;
      this.#noteProgress();
    }
  }

  #noteSent(size: number): void {
    this.#unsent -= size;
    this.#noteProgress();
  }

  /** Sends nothing else between the pieces, but lets other connections have their turn. */
  async #writeLarge({ pieces, release }: LargeReply): Promise<void> {
    const { onWrite, pause, onFailure } = this.#options;
    const report = onWrite === undefined ? undefined : new LineReport(onWrite);
    let count = 0;
    try {
      for (const piece of pieces) {
        // A small reply consists of a single piece.
        const pausing = count === 0 ? undefined : pause(count > 1);
        if (pausing !== undefined) await pausing;
        if (this.#isClosed) return;
        report?.add(piece);
        await this.#writeBytes(piece, "reply");
        count++;
      }
    } catch (error) {
      // Half a line cannot be undone.
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

  /** Takes a slice from the next stream that has one. */
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
      // Nearly every write takes all bytes at once, so that case has only one await.
      const written = await this.#options.sink.write(bytes);
      if (written < bytes.length) await writeAll(this.#options.sink, bytes.subarray(written));
    } catch (error) {
      if (this.#isClosed) return;
      this.close();
      this.#options.onFailure(kind, error, bytes.length);
    }
  }
}

/** Joins the beginning of a line that is written in pieces, for {@linkcode OutputOptions.onWrite}. */
class LineReport {
  readonly #onWrite: NonNullable<OutputOptions["onWrite"]>;
  readonly #pieces: Uint8Array[] = [];
  #kept = 0;
  #size = 0;

  constructor(onWrite: NonNullable<OutputOptions["onWrite"]>) {
    this.#onWrite = onWrite;
  }

  add(piece: Uint8Array): void {
    const kept = piece.slice(0, MAX_REPORTED - this.#kept);
    this.#pieces.push(kept);
    this.#kept += kept.length;
    this.#size += piece.length;
    // Only the last piece ends with a line feed.
    if (piece.at(-1) === NEWLINE) this.#onWrite(concat(this.#pieces), this.#size);
  }
}
