/**
 * Runs an MCP server on stdin and stdout until its client is gone.
 *
 * The transport of the SDK takes no notice of the end of stdin, and none of a stdout that cannot be written.
 *
 * @module
 */

import type { Server } from "@modelcontextprotocol/sdk/server";
// The package names no types for its modules that end with .js.
// @ts-types="@modelcontextprotocol/sdk/shared/stdio"
import { ReadBuffer, serializeMessage } from "@modelcontextprotocol/sdk/shared/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport";
import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/sdk/types";
import { Buffer } from "node:buffer";
import { abortable } from "../../client/abortable.ts";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { happensWithin, systemClock } from "../../system/clock.ts";
import { errnoCode, errnoText } from "../../system/errno.ts";
import { type ByteSink, type ByteSource, writeAll } from "../../system/io.ts";
import { BROKEN_PIPE } from "../exit_code.ts";
import { hasNoReader, toWriteError } from "../print.ts";

const READ_BYTES = 64 << 10;
/** How long requests may still be answered after stdin has ended, in milliseconds. Clients kill the server after 2 s. */
const LAST_ANSWERS_MS = 1_000;

/**
 * Runs a server until stdin ends, stdout is closed, or the signal is given. Requests that stdin held before its end are
 * still answered.
 *
 * @returns The exit code; 0 after the signal.
 * @throws {ClaustrumError} If stdin cannot be read or stdout cannot be written, or a message is too long.
 */
export async function serveStdio(server: Server, signal: AbortSignal): Promise<number> {
  const transport = new StdioTransport(Deno.stdin, Deno.stdout);
  try {
    await server.connect(transport);
    return await abortable(transport.ended, signal);
  } catch (error) {
    if (signal.aborted) return 0;
    throw error;
  } finally {
    await server.close();
  }
}

/** Messages as lines on two streams of bytes. */
class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #input: ByteSource;
  readonly #output: ByteSink;
  readonly #ended = Promise.withResolvers<number>();
  readonly #buffer = new ReadBuffer();
  readonly #requests = new OpenRequests();
  #written: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(input: ByteSource, output: ByteSink) {
    this.#input = input;
    this.#output = output;
  }

  /** Settles with the exit code when the client is gone; rejects if a stream fails. */
  get ended(): Promise<number> {
    return this.#ended.promise;
  }

  start(): Promise<void> {
    void this.#read().then((code) => this.#ended.resolve(code), (error) => this.#ended.reject(error));
    return Promise.resolve();
  }

  /** Writes a message after those before it. A stdout that fails ends the server, and not only this message. */
  async send(message: JSONRPCMessage): Promise<void> {
    const bytes = new TextEncoder().encode(serializeMessage(message));
    this.#written = this.#written.then(() => this.#write(bytes));
    await this.#written;
    if (!("method" in message)) this.#requests.delete(message.id);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.onclose?.();
    return Promise.resolve();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(this.#output, bytes);
    } catch (error) {
      if (hasNoReader(error)) this.#ended.resolve(BROKEN_PIPE);
      else this.#ended.reject(toWriteError("stdout", error));
    }
  }

  /** Reads until the end, and waits for the last answers. */
  async #read(): Promise<number> {
    const bytes = new Uint8Array(READ_BYTES);
    for (let n = await this.#readSome(bytes); n !== null; n = await this.#readSome(bytes)) {
      if (this.#isClosed) return 0;
      this.#append(Buffer.from(bytes.subarray(0, n)));
      this.#takeMessages();
    }
    await happensWithin(this.#requests.whenNone(), LAST_ANSWERS_MS, systemClock);
    return 0;
  }

  async #readSome(into: Uint8Array): Promise<number | null> {
    try {
      return await this.#input.read(into);
    } catch (error) {
      if (errnoCode(error) === undefined) throw error;
      throw new ClaustrumError(`cannot read stdin: ${errnoText(error)}`, { cause: error });
    }
  }

  #append(bytes: Buffer): void {
    try {
      this.#buffer.append(bytes);
    } catch (error) {
      throw new ClaustrumError("a message on stdin is too long", { cause: error });
    }
  }

  #takeMessages(): void {
    for (;;) {
      try {
        const message = this.#buffer.readMessage();
        if (message === null) return;
        this.#requests.note(message);
        this.onmessage?.(message);
      } catch (error) {
        // What is no message is left out.
        this.onerror?.(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }
}

/** The requests of the client that are not answered yet. */
class OpenRequests {
  readonly #ids = new Set<RequestId>();
  #none = Promise.withResolvers<void>();

  /** Takes note of a message of the client. */
  note(message: JSONRPCMessage): void {
    if (!("method" in message)) return;
    if ("id" in message) this.#ids.add(message.id);
    // A request that was cancelled is not answered.
    if (message.method === "notifications/cancelled") this.delete(message.params?.["requestId"]);
  }

  /** Forgets a request. */
  delete(id: unknown): void {
    this.#ids.delete(id as RequestId);
    if (this.#ids.size === 0) this.#none.resolve();
  }

  /** Settles when all requests are answered. */
  whenNone(): Promise<void> {
    if (this.#ids.size === 0) return Promise.resolve();
    this.#none = Promise.withResolvers();
    return this.#none.promise;
  }
}
