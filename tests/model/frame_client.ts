/**
 * A client that reads continuously and checks each frame on arrival.
 *
 * @module
 */

import type { Message } from "../helpers/line_client.ts";
import { soon } from "../helpers/wait.ts";

/** The frames of one process that any client has received, by seq. All clients must receive the same frames. */
export type SharedFrames = Map<number, string>;

/** The position of a client in the frames of a process. */
export interface Position {
  readonly frames: SharedFrames;
  /** The seq of the next frame. */
  next: number;
  /** The seq at which the frames start again after a reattach, once those in transit have arrived. */
  restart?: number;
  /** The seq of the last frame that may arrive, because another client has taken over the stream. */
  limit: number;
}

/** A notice that no more frames follow. */
export interface Notice {
  readonly reason: string;
  readonly seq: number;
  /** The seq of the last frame that arrived before the notice. */
  readonly lastSeen: number;
}

/** A client that checks each frame on arrival. */
export class FrameClient implements AsyncDisposable {
  readonly positions: Map<string, Position> = new Map();
  /** The notices that have arrived and are not checked yet, by process. */
  readonly notices: Map<string, Notice[]> = new Map();
  /** The first error. */
  failure: Error | undefined;
  readonly #conn: Deno.Conn;
  readonly #token: string;
  readonly #replies = new Map<number, (reply: Message) => void>();
  readonly #reading: Promise<void>;
  #nextId = 1;
  #isClosed = false;

  private constructor(conn: Deno.Conn, token: string) {
    this.#conn = conn;
    this.#token = token;
    this.#reading = this.#read();
  }

  static async connect(socket: string, token: string): Promise<FrameClient> {
    return new FrameClient(await Deno.connect({ transport: "unix", path: socket }), token);
  }

  /**
   * Calls a method.
   *
   * @param onReply Called with the reply before the lines after it are handled.
   */
  async call(method: string, params: unknown, onReply?: (reply: Message) => void): Promise<Message> {
    const id = this.#nextId++;
    const { promise, resolve } = Promise.withResolvers<Message>();
    this.#replies.set(id, (reply) => {
      onReply?.(reply);
      resolve(reply);
    });
    const line = JSON.stringify({ jsonrpc: "2.0", id, method, params, auth: this.#token }) + "\n";
    const bytes = new TextEncoder().encode(line);
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
    return await soon(`the reply to ${method}`, promise, 20_000);
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(1 << 16);
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for (let n = await this.#conn.read(buffer); n !== null; n = await this.#conn.read(buffer)) {
        const lines = (rest + decoder.decode(buffer.subarray(0, n), { stream: true })).split("\n");
        rest = lines.pop()!;
        for (const line of lines) this.#handle(JSON.parse(line));
      }
    } catch (error) {
      if (!this.#isClosed) this.failure ??= error as Error;
    }
  }

  #handle(message: Message): void {
    if (message.stream === "detached") this.#handleNotice(message as Message & { reason: string });
    else if (message.type === "stream") this.#handleFrame(message);
    else this.#replies.get(Number(message.id))?.(message);
  }

  #handleNotice({ processId = "", seq = 0, reason }: Message & { reason: string }): void {
    const lastSeen = (this.positions.get(processId)?.next ?? 1) - 1;
    const known = this.notices.get(processId) ?? [];
    this.notices.set(processId, [...known, { reason, seq, lastSeen }]);
  }

  #handleFrame(frame: Message): void {
    const { processId, seq = 0 } = frame;
    const position = this.positions.get(processId!);
    if (position === undefined) return this.#fail(`frame ${seq} of ${processId}, which was not requested`);
    // A frame that fits both may be one that was in transit.
    if (position.restart === seq && position.next !== seq) {
      position.next = seq;
      delete position.restart;
    }
    if (seq !== position.next) return this.#fail(`frame ${seq} of ${processId} instead of ${position.next}`);
    if (seq > position.limit) {
      return this.#fail(`frame ${seq} of ${processId}, after another client took over the stream`);
    }
    position.next++;
    const text = contentOf(frame);
    const known = position.frames.get(seq);
    if (known !== undefined && known !== text) {
      this.#fail(`frame ${seq} of ${processId} differs from that of another client`);
    }
    position.frames.set(seq, text);
  }

  #fail(what: string): void {
    this.failure ??= new Error(what);
  }

  /** Closes the connection without notice, like a network failure. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed) this.#conn.close();
    this.#isClosed = true;
    await this.#reading;
  }
}

/** Returns `o` or `e` and the text for output, and `x` and the details for an exit. */
function contentOf({ stream, data = "", ...rest }: Message & { signal?: string; killedBy?: string }): string {
  if (stream === "exit") return `x ${rest.exitCode} ${rest.signal ?? ""} ${rest.killedBy ?? ""}`;
  return `${stream === "stdout" ? "o" : "e"}${new TextDecoder().decode(Uint8Array.fromBase64(data))}`;
}
