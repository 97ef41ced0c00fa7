/**
 * A WebSocket client of which a test controls every byte. It costs little, so that hundreds of them fit into a test.
 *
 * @module
 */

import { concat } from "../../lib/system/io.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
const BUFFER_BYTES = 64 << 10;
const HEAD_END = ENCODER.encode("\r\n\r\n");

/** The kinds of frames. */
export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame that came from a server. Its payload is overwritten when the next one is read. */
export interface Frame {
  readonly opcode: number;
  readonly isLast: boolean;
  readonly payload: Uint8Array;
}

/** A frame that is written, which may be a wrong one. */
export interface FrameToWrite {
  /** @default {text} */
  readonly opcode?: number;
  /** @default {true} */
  readonly isLast?: boolean;
  /** The bits that extensions use. @default {0} */
  readonly reserved?: number;
  /** @default {true} */
  readonly isMasked?: boolean;
  /** The length that the head says. @default {that of the payload} */
  readonly length?: number | bigint;
}

/** Returns the bytes of a frame. */
export function encodeFrame(payload: Uint8Array | string, options: FrameToWrite = {}): Uint8Array {
  const bytes = typeof payload === "string" ? ENCODER.encode(payload) : payload;
  const { opcode = OPCODES.text, isLast = true, reserved = 0, isMasked = true, length = bytes.length } = options;
  const first = (isLast ? 0x80 : 0) | (reserved & 7) << 4 | opcode & 15;
  const mask = isMasked ? crypto.getRandomValues(new Uint8Array(4)) : new Uint8Array();
  const head = [Uint8Array.of(first), encodeLength(BigInt(length), isMasked), mask];
  return concat([...head, isMasked ? bytes.map((byte, i) => byte ^ mask[i & 3]!) : bytes]);
}

function encodeLength(length: bigint, isMasked: boolean): Uint8Array {
  const bit = isMasked ? 0x80 : 0;
  if (length < 126n) return Uint8Array.of(bit | Number(length));
  const bytes = new Uint8Array(length < 1n << 16n ? 3 : 9);
  const view = new DataView(bytes.buffer);
  bytes[0] = bit | (bytes.length === 3 ? 126 : 127);
  if (bytes.length === 3) view.setUint16(1, Number(length));
  else view.setBigUint64(1, length);
  return bytes;
}

/** Where and as whom to connect. */
export interface RawWebSocketOptions {
  /** More headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A WebSocket client. */
export class RawWebSocket implements Disposable {
  /** The connection below it. */
  readonly connection: Deno.TcpConn;
  #buffer = new Uint8Array(BUFFER_BYTES);
  #start = 0;
  #end = 0;

  private constructor(connection: Deno.TcpConn) {
    this.connection = connection;
  }

  /**
   * Opens a WebSocket.
   *
   * @param url The address, such as `http://127.0.0.1:7621/ws/dashboard`.
   * @throws {Error} If the server does not accept it; the message is the head of its response.
   */
  static async open(url: string, { headers = {} }: RawWebSocketOptions = {}): Promise<RawWebSocket> {
    const { hostname, port, host, pathname, search } = new URL(url);
    const connection = await Deno.connect({ hostname, port: Number(port) });
    const socket = new RawWebSocket(connection);
    try {
      const lines = [
        `GET ${pathname}${search} HTTP/1.1`,
        ...[`Host: ${host}`, "Upgrade: websocket", "Connection: Upgrade"],
        ...["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13"],
        ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      ];
      await socket.write(ENCODER.encode(`${lines.join("\r\n")}\r\n\r\n`));
      await socket.#readHead();
      return socket;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Sends a text. */
  async send(text: string): Promise<void> {
    await this.write(encodeFrame(text));
  }

  /** Writes bytes, whatever they are. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) done += await this.connection.write(bytes.subarray(done));
  }

  /** Reads a frame; `undefined` if the connection is closed. */
  async next(): Promise<Frame | undefined> {
    for (;;) {
      const frame = this.#take();
      if (frame !== undefined) return frame;
      if (!await this.#fill()) return undefined;
    }
  }

  /** Reads the next text message; `undefined` if the connection is closed. The server must not cut it into frames. */
  async nextText(): Promise<string | undefined> {
    for (let frame = await this.next(); frame !== undefined; frame = await this.next()) {
      if (frame.opcode === OPCODES.text) return DECODER.decode(frame.payload);
      if (frame.opcode === OPCODES.ping) await this.write(encodeFrame(frame.payload.slice(), { opcode: OPCODES.pong }));
    }
    return undefined;
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    try {
      this.connection.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // it is closed already
    }
  }

  /** Returns a frame if all of it has been read. */
  #take(): Frame | undefined {
    const [bytes, start] = [this.#buffer, this.#start];
    const available = this.#end - start;
    if (available < 2) return undefined;
    const short = bytes[start + 1]! & 0x7f;
    const headLength = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (available < headLength) return undefined;
    const length = short < 126 ? short : this.#longLength(start + 2, headLength);
    if (available < headLength + length) {
      this.#makeRoom(headLength + length);
      return undefined;
    }
    this.#start = start + headLength + length;
    const payload = bytes.subarray(start + headLength, this.#start);
    return { opcode: bytes[start]! & 15, isLast: (bytes[start]! & 0x80) !== 0, payload };
  }

  #longLength(at: number, headLength: number): number {
    const view = new DataView(this.#buffer.buffer);
    return headLength === 4 ? view.getUint16(at) : Number(view.getBigUint64(at));
  }

  #makeRoom(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    const larger = new Uint8Array(bytes * 2);
    larger.set(this.#buffer.subarray(this.#start, this.#end));
    [this.#buffer, this.#end, this.#start] = [larger, this.#end - this.#start, 0];
  }

  async #fill(): Promise<boolean> {
    if (this.#start > 0) this.#buffer.copyWithin(0, this.#start, this.#end);
    [this.#end, this.#start] = [this.#end - this.#start, 0];
    const count = await this.connection.read(this.#buffer.subarray(this.#end));
    this.#end += count ?? 0;
    return count !== null;
  }

  async #readHead(): Promise<void> {
    for (;;) {
      const end = indexOf(this.#buffer.subarray(0, this.#end), HEAD_END);
      if (end >= 0) {
        const head = DECODER.decode(this.#buffer.subarray(0, end));
        if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(head);
        this.#start = end + HEAD_END.length;
        return;
      }
      if (!await this.#fill()) throw new Error("the server closed the connection");
    }
  }
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = 0; at + wanted.length <= bytes.length; at++) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
