/**
 * One of the connections that a link carries, as a stream of bytes.
 *
 * @module
 */

import type { ByteStream } from "../../system/io.ts";

/** With more than this unread, in bytes, a connection is ended: nobody can make the other end of a WebSocket wait. */
const MAX_UNREAD = 4 << 20;
const ENCODER = new TextEncoder();

/** What a connection uses of its link. */
export interface ChannelPort {
  /** Sends a line, without its newline, as soon as there is room for it; rejects once the link is closed. */
  send(channel: number, line: string): Promise<void>;
  /** Tells the other end that a connection has ended, and forgets it. */
  end(channel: number): void;
}

/** See the module comment. Each read returns one line, or a part of one. */
export class LinkChannel implements ByteStream {
  readonly #id: number;
  readonly #port: ChannelPort;
  readonly #decoder = new TextDecoder();
  /** The beginning of a line whose end has not been written yet. */
  #begun: string[] = [];
  #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  #isEnded = false;
  #arrived = Promise.withResolvers<void>();

  /** @param id The number of the connection. */
  constructor(id: number, port: ChannelPort) {
    this.#id = id;
    this.#port = port;
  }

  /** Takes a line from the other end. */
  take(line: string): void {
    if (this.#isEnded) return;
    if (this.#unreadBytes > MAX_UNREAD) return this.close();
    const bytes = ENCODER.encode(`${line}\n`);
    this.#unread.push(bytes);
    this.#unreadBytes += bytes.length;
    this.#arrived.resolve();
  }

  /** The other end has ended the connection, or the link is gone. What has arrived is still read. */
  ended(): void {
    this.#isEnded = true;
    this.#arrived.resolve();
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#unread.length === 0) {
      if (this.#isEnded) return null;
      this.#arrived = Promise.withResolvers();
      await this.#arrived.promise;
    }
    const [first] = this.#unread as [Uint8Array];
    const count = Math.min(first.length, into.length);
    into.set(first.subarray(0, count));
    if (count < first.length) this.#unread[0] = first.subarray(count);
    else this.#unread.shift();
    this.#unreadBytes -= count;
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    const lines = this.#decoder.decode(bytes, { stream: true }).split("\n");
    const rest = lines.pop() ?? "";
    for (const end of lines) {
      const line = this.#begun.join("") + end;
      this.#begun = [];
      if (this.#isEnded) throw new Deno.errors.BrokenPipe("the other end has closed the connection");
      await this.#port.send(this.#id, line);
    }
    if (rest !== "") this.#begun.push(rest);
    return bytes.length;
  }

  close(): void {
    if (this.#isEnded) return;
    this.ended();
    this.#unread = [];
    this.#unreadBytes = 0;
    this.#port.end(this.#id);
  }
}
