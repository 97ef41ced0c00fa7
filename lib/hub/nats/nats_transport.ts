/**
 * Carries the protocol of NATS over the runtime's own connections. The client library's transport for Node emits errors of
 * sockets that it has given up, which nobody can catch: each refused sign-in would look like a bug of the hub.
 *
 * @module
 */

import type { ConnectionOptions, NatsConnection, Server } from "@nats-io/nats-core";
import {
  checkOptions,
  INFO,
  NatsConnectionImpl,
  setTransportFactory,
  type Transport,
} from "@nats-io/nats-core/internal";
import { concat } from "../../system/io.ts";

const READ_BYTES = 64 << 10;
/**
 * A read costs more than an event. After so many reads, each within so many milliseconds of the one before, the next one
 * waits a little, so that more is there; unless it is much already, as when somebody catches up.
 */
const GATHER = { afterReads: 8, withinMs: 12, belowBytes: 16 << 10, forMs: 5 };
/** The longest line with which a server introduces itself, in bytes. */
const MAX_INFO_BYTES = 1 << 20;

/**
 * Connects.
 *
 * @param caCerts The certificates that are trusted beside the system's, in PEM.
 * @throws What the client of NATS throws.
 */
export async function connectNats(
  options: ConnectionOptions,
  caCerts: readonly string[] = [],
): Promise<NatsConnection> {
  // The library has one factory for all connections, which it asks when it connects.
  let failure: unknown;
  setTransportFactory({ factory: () => new NatsTransport(caCerts, (error) => failure = error) });
  try {
    return await NatsConnectionImpl.connect(options);
  } catch (error) {
    // The library says of whatever fails that the connection was refused.
    throw failure ?? error;
  }
}

/** See the module comment. */
export class NatsTransport implements Transport {
  readonly lang = "deno";
  readonly version = "1";
  closeError?: Error;
  readonly #caCerts: readonly string[];
  readonly #closed = Promise.withResolvers<void | Error>();
  #connection: Deno.Conn | undefined;
  #isEncrypted = false;
  #isDone = false;
  /** What was received and not taken yet. */
  readonly #received: Uint8Array[] = [];
  /** What was not written yet. */
  #outgoing: Uint8Array[] = [];
  #writing: Promise<void> | undefined;
  /** Ends the time in which data gathers. */
  #endGathering = () => {};

  readonly #onFailure: (error: unknown) => void;

  /**
   * @param caCerts The certificates that are trusted beside the system's, in PEM.
   * @param onFailure Called when it cannot connect.
   */
  constructor(caCerts: readonly string[], onFailure: (error: unknown) => void) {
    this.#caCerts = caCerts;
    this.#onFailure = onFailure;
  }

  /** Whether it is closed. */
  get isClosed(): boolean {
    return this.#isDone;
  }

  /** Connects, and encrypts if that is wanted or required. */
  async connect(server: Server, options: ConnectionOptions): Promise<void> {
    try {
      await this.#connect(server, options);
    } catch (error) {
      this.#onFailure(error);
      this.#end(undefined);
      throw error;
    }
  }

  async #connect(server: Server, options: ConnectionOptions): Promise<void> {
    const { hostname, port } = server;
    const plain = await Deno.connect({ hostname, port });
    if (this.#isDone) {
      plain.close();
      throw new Error("the connection was closed");
    }
    this.#connection = plain;
    plain.setNoDelay(true);
    const info = await this.#readInfo(plain);
    checkOptions(info, options);
    if (info.tls_required === true || (options.tls !== undefined && options.tls !== null)) {
      const encrypted = await Deno.startTls(plain, { hostname, caCerts: [...this.#caCerts] });
      this.#connection = encrypted;
      await encrypted.handshake();
      this.#isEncrypted = true;
    }
    if (this.#isDone) throw new Error("the connection was closed");
  }

  /** Yields what is received. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    yield* this.#received.splice(0);
    const buffer = new Uint8Array(READ_BYTES);
    let [quickReads, lastRead] = [0, performance.now()];
    while (!this.#isDone && this.#connection !== undefined) {
      let n: number | null;
      try {
        n = await this.#connection.read(buffer);
      } catch (error) {
        return this.#end(this.#isDone ? undefined : asError(error));
      }
      if (n === null) return this.#end(undefined);
      const now = performance.now();
      quickReads = now - lastRead < GATHER.withinMs ? quickReads + 1 : 0;
      lastRead = now;
      // The client keeps what it gets.
      yield buffer.slice(0, n);
      const isMuch = quickReads > GATHER.afterReads && n < GATHER.belowBytes;
      if (isMuch && !this.#isDone) await this.#gather();
    }
  }

  /** Whether the connection is encrypted. */
  isEncrypted(): boolean {
    return this.#isEncrypted;
  }

  /** Sends bytes behind those before. */
  send(frame: Uint8Array): void {
    if (this.#isDone) return;
    this.#outgoing.push(frame);
    this.#writing ??= this.#writeAll();
  }

  /** Sends what waits, and closes. */
  async close(error?: Error): Promise<void> {
    if (error === undefined) await this.#writing;
    this.#end(error);
  }

  /** Closes. */
  disconnect(): void {
    void this.close();
  }

  /** Settles when it is closed. */
  closed(): Promise<void | Error> {
    return this.#closed.promise;
  }

  /** Gives the connection up. */
  discard(): void {
    this.#end(undefined);
  }

  async #gather(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, GATHER.forMs);
    this.#endGathering = resolve;
    await promise;
    clearTimeout(timer);
  }

  async #readInfo(connection: Deno.Conn): Promise<Parameters<typeof checkOptions>[0]> {
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(READ_BYTES);
    let text = "";
    while (!text.includes("\r\n")) {
      const n = await connection.read(buffer);
      if (n === null || text.length > MAX_INFO_BYTES) break;
      this.#received.push(buffer.slice(0, n));
      text += decoder.decode(buffer.subarray(0, n), { stream: true });
    }
    const match = INFO.exec(text);
    if (match === null) throw new Error("what listens there is no NATS server");
    return JSON.parse(match[1] ?? "{}");
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#outgoing.length > 0 && !this.#isDone) {
        const bytes = concat(this.#outgoing);
        this.#outgoing = [];
        for (let start = 0; start < bytes.length && this.#connection !== undefined;) {
          start += await this.#connection.write(bytes.subarray(start));
        }
      }
    } catch {
      // The read fails, too, and ends the connection.
    } finally {
      this.#writing = undefined;
    }
  }

  #end(error: Error | undefined): void {
    if (this.#isDone) return;
    this.#isDone = true;
    if (error !== undefined) this.closeError = error;
    try {
      this.#connection?.close();
    } catch (failure) {
      // A failed handshake has closed it.
      if (!(failure instanceof Deno.errors.BadResource)) throw failure;
    }
    this.#connection = undefined;
    this.#endGathering();
    this.#closed.resolve(error);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
