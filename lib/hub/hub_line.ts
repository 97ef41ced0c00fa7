/**
 * One connection of a client to a hub's socket: requests and their replies, and notifications.
 *
 * @module
 */

import { dial, DialError } from "../client/dial.ts";
import { abortable } from "../client/abortable.ts";
import { RequestWriter } from "../client/request_writer.ts";
import type { ByteStream } from "../system/io.ts";
import { HubCallError, HubUnreachableError } from "./hub_errors.ts";

const READ_BYTES = 256 << 10;
/** The longest line, in characters. Replies have 8 MiB at most; the state of all sessions may have more. */
const MAX_LINE = 32 << 20;

/**
 * Takes the params of a notification, and about how long it was, in characters; what it returns is awaited before more is
 * read.
 */
export type OnNotification = (params: unknown, length?: number) => void | Promise<void>;

interface Pending {
  readonly operation: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A connection to a hub. It is used until it is lost. */
export class HubLine implements AsyncDisposable {
  readonly #stream: ByteStream;
  readonly #auth: string;
  readonly #onNotification: OnNotification;
  readonly #pending = new Map<number, Pending>();
  readonly #reading: Promise<void>;
  readonly #closed = Promise.withResolvers<HubUnreachableError>();
  #nextId = 1;
  readonly #writer: RequestWriter;
  #lost: HubUnreachableError | undefined;

  /**
   * Talks over a stream.
   *
   * @param stream A connection to the hub, which is closed with this one.
   */
  constructor(stream: ByteStream, token: string, onNotification: OnNotification = () => {}) {
    this.#stream = stream;
    this.#writer = new RequestWriter(stream, (error) => this.#lose(error));
    this.#auth = JSON.stringify(token);
    this.#onNotification = onNotification;
    this.#reading = this.#readAll();
  }

  /**
   * Connects to a hub.
   *
   * @throws {HubUnreachableError} If no hub listens, or the system refuses access.
   */
  static async dial(socket: string, token: string, onNotification: OnNotification = () => {}): Promise<HubLine> {
    try {
      return new HubLine(await dial(socket), token, onNotification);
    } catch (error) {
      if (!(error instanceof DialError)) throw error;
      const text = error.isAbsent ? `no hub is listening on ${socket}` : `cannot reach the hub: ${error.message}`;
      throw new HubUnreachableError(text, { cause: error });
    }
  }

  /** Settles with the reason when the connection is lost or closed; never rejects. */
  get closed(): Promise<HubUnreachableError> {
    return this.#closed.promise;
  }

  /** Whether the connection is lost or closed. */
  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /**
   * Sends a request.
   *
   * @param signal Stops waiting; the request is not taken back.
   * @throws {HubCallError} If the hub answers with an error.
   * @throws {HubUnreachableError} If no answer came.
   * @throws The signal's reason.
   */
  async call(operation: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#lost !== undefined) throw this.#lost;
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { operation, resolve, reject });
    this.#writer.send(
      `{"jsonrpc":"2.0","id":${id},"method":"${operation}","params":${JSON.stringify(params)},"auth":${this.#auth}}\n`,
    );
    try {
      return await abortable(promise, signal);
    } finally {
      this.#pending.delete(id);
      promise.catch(() => {}); // it has no waiter after an abort
    }
  }

  /** Closes the connection; pending requests fail. */
  close(reason = new HubUnreachableError("the connection to the hub was closed")): void {
    if (this.#lost !== undefined) return;
    this.#lost = reason;
    this.#writer.close();
    this.#stream.close();
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    this.#closed.resolve(reason);
  }

  /** Closes the connection and waits until nothing is read any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#reading;
  }

  async #readAll(): Promise<void> {
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(READ_BYTES);
    // The pieces are joined once per line: to search a text that grows takes as long as to copy it.
    let parts: string[] = [];
    let length = 0;
    try {
      for (let n = await this.#stream.read(buffer); n !== null; n = await this.#stream.read(buffer)) {
        const text = decoder.decode(buffer.subarray(0, n), { stream: true });
        let start = 0;
        for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
          parts.push(text.slice(start, end));
          start = end + 1;
          const taken = this.#take(parts.join(""));
          [parts, length] = [[], 0];
          if (taken !== undefined) await taken;
          if (this.#lost !== undefined) return;
        }
        parts.push(text.slice(start));
        length += text.length - start;
        if (length > MAX_LINE) throw new RangeError(`a line of the hub has more than ${MAX_LINE} characters`);
      }
      this.#lose(undefined);
    } catch (error) {
      this.#lose(error);
    }
  }

  #take(line: string): void | Promise<void> {
    const { id, method, params, result, error } = JSON.parse(line);
    if (method !== undefined) return this.#onNotification(params, line.length);
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    if (error === undefined) pending.resolve(result);
    else pending.reject(new HubCallError(pending.operation, Number(error?.code), String(error?.message)));
  }

  #lose(cause: unknown): void {
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    this.close(new HubUnreachableError(`the connection to the hub was lost${why}`, { cause }));
  }
}
