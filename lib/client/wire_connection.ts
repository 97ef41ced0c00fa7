/**
 * One connection to a daemon: requests out, replies matched, frames handed on. It is used until it
 * is lost, and knows nothing of coming back.
 *
 * @module
 */

import type { Frame } from "../process/frame_codec.ts";
import { type ByteSink, type ByteSource, writeAll } from "../system/io.ts";
import { ConnectionLostError, RpcCallError } from "./errors.ts";
import { type DetachNotice, isFrameLine, readFrame } from "./frame_reader.ts";

const READ_BYTES = 256 << 10;
const ENCODER = new TextEncoder();

/** What carries the bytes. */
export interface Transport extends ByteSource, ByteSink {
  /** Ends it. */
  close(): void;
}

/** What a connection is given. */
export interface WireConnectionOptions {
  /** What carries it; closed with it. */
  readonly transport: Transport;
  /** Goes with every request. */
  readonly token: string;
  /** Takes frames in turn; what it returns is waited for before more is read. */
  readonly onFrame: (frame: Frame) => void | Promise<void>;
  /** Called when no more frames of a process come on this connection. */
  readonly onDetached?: (notice: DetachNotice) => void;
}

interface Pending {
  readonly method: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** See the module. */
export class WireConnection implements Disposable {
  /** Goes with every request. */
  readonly token: string;
  readonly #transport: Transport;
  readonly #auth: string;
  readonly #onFrame: WireConnectionOptions["onFrame"];
  readonly #onDetached: WireConnectionOptions["onDetached"];
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #outgoing = "";
  #isWriting = false;
  #lost: Error | undefined;
  #hasHeard = false;
  readonly #closed = Promise.withResolvers<Error>();
  /** Settles when nothing of it goes on any more; never rejects. */
  readonly finished: Promise<void>;

  /** Reads from now on. */
  constructor({ transport, token, onFrame, onDetached }: WireConnectionOptions) {
    this.#transport = transport;
    this.token = token;
    this.#auth = JSON.stringify(token);
    this.#onFrame = onFrame;
    this.#onDetached = onDetached;
    this.finished = this.#readAll();
  }

  /** Settles with why it ended, as soon as it has; never rejects. */
  get closed(): Promise<Error> {
    return this.#closed.promise;
  }

  /** Whether the daemon has said anything. */
  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  /**
   * Sends a request.
   *
   * @param signal Stops waiting; the request is not taken back.
   * @throws {RpcCallError} If the daemon answers with an error.
   * @throws {ConnectionLostError} If no answer came.
   * @throws The signal's reason.
   */
  request(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { method, resolve, reject });
    const rest = params === undefined ? "" : `"params":${JSON.stringify(params)},`;
    this.#send(`{"jsonrpc":"2.0","id":${id},"method":"${method}",${rest}"auth":${this.#auth}}\n`);
    if (signal === undefined) return promise;
    const abort = () => {
      this.#pending.delete(id);
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    return promise.finally(() => signal.removeEventListener("abort", abort));
  }

  /** Ends it; what is pending is rejected. */
  close(reason: Error = new ConnectionLostError("the connection was closed")): void {
    if (this.#lost !== undefined) return;
    this.#lost = reason;
    this.#transport.close();
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    this.#closed.resolve(reason);
  }

  /** The same as {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Requests of one turn go out in one write. */
  #send(line: string): void {
    this.#outgoing += line;
    if (this.#isWriting) return;
    this.#isWriting = true;
    queueMicrotask(() => void this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#outgoing !== "" && this.#lost === undefined) {
        const bytes = ENCODER.encode(this.#outgoing);
        this.#outgoing = "";
        await writeAll(this.#transport, bytes);
      }
    } catch (error) {
      this.#lose(error);
    } finally {
      this.#isWriting = false;
    }
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
          const wait = this.#take(rest.slice(start, end));
          start = end + 1;
          if (wait !== undefined) await wait;
          if (this.#lost !== undefined) return;
        }
        rest = rest.slice(start);
      }
      this.#lose(undefined);
    } catch (error) {
      this.#lose(error);
    }
  }

  #take(line: string): void | Promise<void> {
    this.#hasHeard = true;
    if (isFrameLine(line)) return this.#takeFrame(readFrame(line));
    const { id, result, error } = JSON.parse(line);
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    if (error === undefined) pending.resolve(result);
    else pending.reject(new RpcCallError(pending.method, error.code, error.message));
  }

  #takeFrame(frame: Frame | DetachNotice): void | Promise<void> {
    if ("reason" in frame) return this.#onDetached?.(frame);
    return this.#onFrame(frame);
  }

  #lose(cause: unknown): void {
    // The next connection would bring the same line again.
    if (cause instanceof SyntaxError) return this.close(cause);
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    this.close(new ConnectionLostError(`the connection to the daemon was lost${why}`, { cause }));
  }
}
