/**
 * A client's connection: reads requests, sends replies and streams, and closes (contract: Framing and JSON; Memory and
 * fairness).
 *
 * @module
 */

import type { ClientContext } from "../../methods/context.ts";
import type { Dispatch, Reply } from "../../rpc/dispatch.ts";
import { type Line, LineFramer, LineTooLongError } from "../../rpc/framing.ts";
import { encodeDetached } from "../../rpc/stream_frames.ts";
import { type Clock, happensWithin } from "../../system/clock.ts";
import { errnoCode, errnoText } from "../../system/errno.ts";
import { goDuration } from "../../system/go_duration.ts";
import type { ByteStream } from "../../system/io.ts";
import type { Logger } from "../../system/log.ts";
import type { Pause } from "../../system/turns.ts";
import type { WireLog } from "../observe/wire_log.ts";
import { IdleStream } from "./idle_stream.ts";
import { Output, type OutputOptions, type WriteKind } from "./output.ts";

/** With this many unanswered requests, the connection is not read any more (contract: Framing and JSON). */
const MAX_IN_FLIGHT = 1024;
/**
 * How long a client that has stopped sending may wait for its last replies, in milliseconds (contract: Framing and
 * JSON).
 */
const FINISH_MS = 5_000;
const READ_BYTES = 64 << 10;
/** The address of an unnamed peer of a unix socket. */
const PEER = "@";

/** Options of {@linkcode serveConnection}. */
export interface ConnectionOptions {
  /** Answers a line. */
  readonly dispatch: Dispatch<ClientContext>;
  /** Lets other connections have their turn. */
  readonly pause: Pause;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the daemon. */
  readonly log: Logger;
  /** How long it may be silent in both directions before it is closed, in milliseconds; 0 for ever. @default {0} */
  readonly idleMs?: number;
  /**
   * Whether it is closed when another connection takes the stream of a process from it, unless its client wants to be
   * told of that instead. @default {false}
   */
  readonly closesWhenTaken?: boolean;
  /** The log of its frames. @default {none} */
  readonly wireLog?: Pick<WireLog, "note">;
  /** The number of the connection in the wire log. @default {0} */
  readonly number?: number;
}

/** A connection that is being served. */
export interface Connection {
  /** The client, as methods see it. */
  readonly client: ClientContext;
  /** Settles when the connection is closed; never rejects. */
  readonly closed: Promise<void>;
  /** Reads no more requests, answers the pending ones within five seconds and closes the connection. */
  finish(): void;
  /** Closes the connection at once. */
  close(): void;
}

/** Serves a client until it disconnects. */
export function serveConnection(stream: ByteStream, options: ConnectionOptions): Connection {
  return new ClientConnection(stream, options);
}

class ClientConnection implements Connection {
  readonly client: ClientContext;
  readonly closed: Promise<void>;
  readonly #stream: ByteStream;
  readonly #options: ConnectionOptions;
  readonly #output: Output;
  readonly #gone = new AbortController();
  #inFlight = 0;
  #isFinishing = false;
  /** Settles when a request is answered or the connection is closed. */
  #progress = Promise.withResolvers<void>();

  constructor(stream: ByteStream, options: ConnectionOptions) {
    this.#options = options;
    this.#stream = this.#watched(stream);
    this.#output = new Output(this.#outputOptions());
    this.client = this.#clientContext();
    this.closed = this.#serve();
  }

  finish(): void {
    this.#isFinishing = true;
    void this.#finishAndClose();
  }

  close(): void {
    if (this.#gone.signal.aborted) return;
    this.#gone.abort();
    this.#output.close();
    this.#stream.close();
    this.#progress.resolve();
  }

  #watched(stream: ByteStream): ByteStream {
    const { idleMs = 0, clock, log } = this.#options;
    if (idleMs === 0) return stream;
    return new IdleStream(stream, {
      ...{ idleMs, clock },
      isBusy: () => this.#inFlight > 0,
      onIdle: () => {
        log.info(`[Server] closing connection idle ${goDuration(idleMs)} in both directions: ${PEER}`);
        this.close();
      },
    });
  }

  #outputOptions(): OutputOptions {
    const { pause, wireLog, number = 0 } = this.#options;
    return {
      sink: this.#stream,
      pause,
      onFailure: (kind, error, size) => this.#noteWriteFailure(kind, error, size),
      ...(wireLog === undefined ? {} : { onWrite: (bytes, size) => wireLog.note("out", number, bytes, size) }),
    };
  }

  #clientContext(): ClientContext {
    const output = this.#output;
    const { closesWhenTaken = false } = this.#options;
    const sendDetached: ClientContext["sendDetached"] = (id, seq, reason) =>
      output.send(encodeDetached(id, seq, reason));
    const context: ClientContext = {
      signal: this.#gone.signal,
      starting: new Map(),
      share: () => output.share(),
      hangUp: () => this.close(),
      attach: (open) => output.attach(open),
      sendDetached,
      follow: (process, { notice = false, ...options }) =>
        output.attach((onReadable) =>
          process.follow({
            ...options,
            onReadable,
            owner: context,
            onDetached: (reason, seq) => {
              if (notice) sendDetached(options.as ?? process.id, seq, reason);
              else if (reason === "taken" && closesWhenTaken) this.close();
            },
          })
        ),
    };
    return context;
  }

  async #serve(): Promise<void> {
    const { log } = this.#options;
    log.info(`[Server] New connection from: ${PEER}`);
    try {
      await this.#readAll();
    } catch (error) {
      if (!this.#gone.signal.aborted && !isPeerGone(error)) {
        log.error(`[Server] scanner error on ${PEER}: ${readErrorText(error)}`);
      }
    }
    await this.#finishAndClose();
    log.info(`[Server] Connection closed: ${PEER}`);
  }

  async #readAll(): Promise<void> {
    const framer = new LineFramer();
    const buffer = new Uint8Array(READ_BYTES);
    const stream = this.#stream;
    for (let n = await stream.read(buffer); n !== null && !this.#isFinishing; n = await stream.read(buffer)) {
      await this.#answerAll(framer.push(buffer.subarray(0, n)));
      if (this.#isFull) await this.#roomForRequests();
    }
    if (!this.#isFinishing) await this.#answerAll(framer.end());
  }

  /** Answers lines. The replies to all lines of one read are written together. */
  async #answerAll(lines: Iterable<Line>): Promise<void> {
    const output = this.#output;
    let batch = "";
    try {
      for (const line of lines) {
        if (this.#isFinishing) return;
        const reply = this.#answer(line);
        if (typeof reply === "string") batch += reply;
        else {
          output.send(batch);
          output.send(reply);
          batch = "";
        }
        if (this.#inFlight < MAX_IN_FLIGHT && batch.length < READ_BYTES) continue;
        output.send(batch);
        batch = "";
        await this.#roomForRequests();
        if (this.#gone.signal.aborted) return;
      }
    } finally {
      output.send(batch);
    }
  }

  /** Returns the reply if it is ready at once; otherwise the request is in flight until its reply is sent. */
  #answer({ text, isPlain }: Line): Reply {
    const { dispatch, wireLog, number = 0 } = this.#options;
    wireLog?.note("in", number, text);
    const reply = dispatch(text, isPlain, this.client);
    if (!(reply instanceof Promise)) return reply ?? "";
    this.#inFlight++;
    void reply.then((late) => {
      this.#inFlight--;
      this.#output.send(late ?? "");
      this.#progress.resolve();
    });
    return "";
  }

  get #isFull(): boolean {
    return this.#inFlight >= MAX_IN_FLIGHT || this.#output.isFull;
  }

  async #roomForRequests(): Promise<void> {
    while (!this.#gone.signal.aborted && this.#isFull) {
      this.#progress = Promise.withResolvers();
      await Promise.race([this.#progress.promise, this.#output.progress]);
    }
  }

  async #finishAndClose(): Promise<void> {
    await happensWithin(this.#sendReplies(), FINISH_MS, this.#options.clock);
    this.close();
  }

  /** Waits until the requests in flight are answered and the replies are written. */
  async #sendReplies(): Promise<void> {
    while (this.#inFlight > 0 && !this.#gone.signal.aborted) {
      this.#progress = Promise.withResolvers();
      await this.#progress.promise;
    }
    await this.#output.finish();
  }

  #noteWriteFailure(kind: WriteKind, error: unknown, size: number): void {
    const { log } = this.#options;
    const text = `write: ${errnoText(error)}`;
    if (kind === "reply") {
      log.debug(`[Server] writeResponse: wrote 0/${size} bytes, error=${text}`);
      log.error(`[Server] Failed to write response: ${text}`);
    } else {
      log.warn(`[frameSink] ${kind === "replay" ? "replay write" : "write"} failed, detaching: ${text}`);
    }
    this.close();
  }
}

function isPeerGone(error: unknown): boolean {
  return errnoCode(error) === "ECONNRESET";
}

function readErrorText(error: unknown): string {
  return error instanceof LineTooLongError ? error.message : `read: ${errnoText(error)}`;
}
