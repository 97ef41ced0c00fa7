/**
 * Reads responses of the hub and checks them.
 *
 * @module
 */

import { concat } from "../../lib/system/io.ts";
import { SECRET } from "../helpers/hub_process.ts";
import type { HttpCase } from "./http_requests.ts";
import { expect } from "./target.ts";

const DECODER = new TextDecoder();
const BUFFER_BYTES = 64 << 10;

/** A response. */
export interface Reply {
  readonly status: number;
  /** The header lines, in lower case. */
  readonly head: string;
  readonly body: string;
  /** Whether the connection cannot be used for further requests: it has become another, or the body does not end. */
  readonly isLast: boolean;
}

/** Reads the responses of a connection. */
export class ReplyReader {
  readonly #connection: Deno.TcpConn;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #bytes = new Uint8Array();

  /** @param connection The connection, which nobody else reads. */
  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Returns the next response; `undefined` if the connection ends before or in it. */
  async next(method: string): Promise<Reply | undefined> {
    let end: number;
    while ((end = headEnd(this.#bytes)) < 0) if (!await this.#more()) return undefined;
    const head = DECODER.decode(this.#take(end)).toLowerCase();
    const status = Number(head.slice(9, 12));
    if (status === 100) return await this.next(method);
    if (status === 101 || head.includes("content-type: text/event-stream")) {
      return { status, head, body: "", isLast: true };
    }
    const body = method === "HEAD" || status === 204 || status === 304 ? new Uint8Array() : await this.#body(head);
    return body && { status, head, body: DECODER.decode(body), isLast: false };
  }

  async #body(head: string): Promise<Uint8Array | undefined> {
    if (head.includes("transfer-encoding: chunked")) return await this.#chunks();
    const [, length] = /\r\ncontent-length: (\d+)\r\n/.exec(head) ?? [];
    if (length !== undefined) return await this.#exactly(Number(length));
    // The end of the connection is the end of the body.
    while (await this.#more());
    return this.#take(this.#bytes.length);
  }

  async #chunks(): Promise<Uint8Array | undefined> {
    const pieces: Uint8Array[] = [];
    for (;;) {
      let end: number;
      while ((end = this.#bytes.indexOf(0x0a)) < 0) if (!await this.#more()) return undefined;
      const size = parseInt(DECODER.decode(this.#take(end + 1)), 16);
      const piece = await this.#exactly(size + 2);
      if (piece === undefined) return undefined;
      if (size === 0) return concat(pieces);
      pieces.push(piece.slice(0, size));
    }
  }

  async #exactly(count: number): Promise<Uint8Array | undefined> {
    while (this.#bytes.length < count) if (!await this.#more()) return undefined;
    return this.#take(count);
  }

  #take(count: number): Uint8Array {
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  async #more(): Promise<boolean> {
    const count = await this.#connection.read(this.#buffer);
    if (count === null) return false;
    this.#bytes = concat([this.#bytes, this.#buffer.subarray(0, count)]);
    return true;
  }
}

/** Returns where the body begins; -1 if the head is not complete. */
function headEnd(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(0x0d); at >= 0; at = bytes.indexOf(0x0d, at + 1)) {
    if (bytes[at + 1] === 0x0a && bytes[at + 2] === 0x0d && bytes[at + 3] === 0x0a) return at + 4;
  }
  return -1;
}

/** What anybody gets from `/healthz`. */
const HEALTHY = '{"status":"ok"}';

/** Checks the response to a request. */
export function checkReply(request: HttpCase, { status, head, body }: Reply): void {
  const where = () => `${request.method} ${request.target.slice(0, 300)} -> ${status} ${body.slice(0, 500)}\n${head}`;
  expect(status >= 100 && status < 500 || status === 503 && request.isAdmitted, () => `failed: ${where()}`);
  const isSuccess = status < 300;
  if (request.isForeign) expect(!isSuccess, () => `addressed to another host: ${where()}`);
  if (!request.isAdmitted) {
    expect(!body.includes(SECRET), () => `a secret without credentials: ${where()}`);
    expect(!isSuccess || isForEverybody(status, head, body), () => `a success without credentials: ${where()}`);
  }
  if (body === "") return;
  expect(head.includes("\r\nx-content-type-options: nosniff\r\n"), () => `without the usual headers: ${where()}`);
  const isProblem = head.includes("\r\ncontent-type: application/problem+json\r\n");
  expect(isProblem === !isSuccess, () => `of a wrong type: ${where()}`);
  if (isProblem) expect(JSON.parse(body).status === status, () => `a problem with another status: ${where()}`);
}

/** Pages, the state of health and a sign-in are for everybody; a response to HEAD has no body. */
function isForEverybody(status: number, head: string, body: string): boolean {
  if (status === 101 || head.includes("\r\ncontent-type: text/event-stream\r\n")) return false;
  const isData = head.includes("\r\ncontent-type: application/json\r\n");
  return !isData || body === "" || body === HEALTHY || body.includes('"page_key"');
}
