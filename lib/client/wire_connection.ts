/**
 * A single connection to a daemon. It sends requests, matches replies to them and passes on frames. It does not
 * reconnect.
 *
 * @module
 */

import type { Frame } from "../process/frame_codec.ts";
import type { ByteSink, ByteSource } from "../system/io.ts";
import { ConnectionLostError, RpcCallError, UnexpectedOutputError } from "./errors.ts";
import { type DetachNotice, isFrameLine, readFrame } from "./frame_reader.ts";
import { RequestWriter } from "./request_writer.ts";

/** The size of the read buffer, in bytes. */
const READ_BYTES = 256 << 10;

/** The longest first line, in characters: what a daemon answers first is short. */
const MAX_FIRST_LINE = 1 << 20;
/** How much of unexpected output is quoted, in characters. */
const MAX_QUOTED = 200;

/** A connected byte stream to a daemon. */
export interface Transport extends ByteSource, ByteSink {
  /** Closes the stream. */
  close(): void;
}

/** Options of a {@linkcode WireConnection}. */
export interface WireConnectionOptions {
  /** The stream, which is closed with the connection. */
  readonly transport: Transport;
  /** The token, which is sent with every request. */
  readonly token: string;
  /** Called with each frame, in order. Reading pauses until the returned promise settles. */
  readonly onFrame: (frame: Frame) => void | Promise<void>;
  /** Called when this connection receives no more frames of a process. */
  readonly onDetached?: (notice: DetachNotice) => void;
}

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** Reads the line that shows whether it is a daemon that answers. */
function readFirstLine(line: string): Reply {
  try {
    const reply = JSON.parse(line);
    if (typeof reply === "object" && reply !== null) return reply;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UnexpectedOutputError(firstLine(line));
}

/** As much of an unexpected line as a message has room for. */
function firstLine(text: string): string {
  return text.trim().slice(0, MAX_QUOTED);
}

interface Pending {
  readonly method: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A single connection to a daemon. */
export class WireConnection implements Disposable {
  /** The token, which is sent with every request. */
  readonly token: string;
  readonly #transport: Transport;
  readonly #auth: string;
  readonly #onFrame: WireConnectionOptions["onFrame"];
  readonly #onDetached: WireConnectionOptions["onDetached"];
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  readonly #writer: RequestWriter;
  #lost: Error | undefined;
  #hasReceived = false;
  readonly #closed = Promise.withResolvers<Error>();
  /** Settles once reading has stopped; never rejects. */
  readonly finished: Promise<void>;

  /** Starts reading. */
  constructor({ transport, token, onFrame, onDetached }: WireConnectionOptions) {
    this.#transport = transport;
    this.#writer = new RequestWriter(transport, (error) => this.#closeAfter(error));
    this.token = token;
    this.#auth = JSON.stringify(token);
    this.#onFrame = onFrame;
    this.#onDetached = onDetached;
    this.finished = this.#readAll();
  }

  /** Resolves with the reason once the connection is closed; never rejects. */
  get closed(): Promise<Error> {
    return this.#closed.promise;
  }

  /** Whether the daemon has sent anything. */
  get hasReceived(): boolean {
    return this.#hasReceived;
  }

  /**
   * Sends a request.
   *
   * @param signal Stops waiting when aborted; the request is not cancelled.
   * @throws {RpcCallError} If the daemon answers with an error.
   * @throws {ConnectionLostError} If the connection ends before the reply arrives.
   * @throws The signal's reason.
   */
  request(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { method, resolve, reject });
    const rest = params === undefined ? "" : `"params":${JSON.stringify(params)},`;
    this.#writer.send(`{"jsonrpc":"2.0","id":${id},"method":"${method}",${rest}"auth":${this.#auth}}\n`);
    if (signal === undefined) return promise;
    const abort = () => {
      this.#pending.delete(id);
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    return promise.finally(() => signal.removeEventListener("abort", abort));
  }

  /** Closes the connection; pending requests fail. */
  close(reason: Error = new ConnectionLostError("the connection was closed")): void {
    if (this.#lost !== undefined) return;
    this.#lost = reason;
    this.#writer.close();
    this.#transport.close();
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    this.#closed.resolve(reason);
  }

  /** The same as {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #readAll(): Promise<void> {
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(READ_BYTES);
    let rest = "";
    try {
      for (let n = await this.#transport.read(buffer); n !== null; n = await this.#transport.read(buffer)) {
        rest += decoder.decode(buffer.subarray(0, n), { stream: true });
        let start = 0;
        for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n", start)) {
          const wait = this.#handleLine(rest.slice(start, end));
          start = end + 1;
          if (wait !== undefined) await wait;
          if (this.#lost !== undefined) return;
        }
        rest = rest.slice(start);
        if (!this.#hasReceived && rest.length > MAX_FIRST_LINE) throw new UnexpectedOutputError(firstLine(rest));
      }
      // A daemon that ends in the middle of a line has begun it with a brace.
      if (!this.#hasReceived && /^\s*[^\s{]/.test(rest)) throw new UnexpectedOutputError(firstLine(rest));
      this.#closeAfter(undefined);
    } catch (error) {
      this.#closeAfter(error);
    }
  }

  #handleLine(line: string): void | Promise<void> {
    if (isFrameLine(line)) {
      this.#hasReceived = true;
      return this.#handleFrame(readFrame(line));
    }
    const { id, result, error } = this.#hasReceived ? JSON.parse(line) : readFirstLine(line);
    this.#hasReceived = true;
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    if (error === undefined) pending.resolve(result);
    else pending.reject(new RpcCallError(pending.method, error.code, error.message));
  }

  #handleFrame(frame: Frame | DetachNotice): void | Promise<void> {
    if ("reason" in frame) return this.#onDetached?.(frame);
    return this.#onFrame(frame);
  }

  #closeAfter(cause: unknown): void {
    // Reconnecting does not help: the same line would come again.
    if (cause instanceof SyntaxError || cause instanceof UnexpectedOutputError) return this.close(cause);
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    this.close(new ConnectionLostError(`the connection to the daemon was lost${why}`, { cause }));
  }
}
