/**
 * A client that reads all the time and checks each frame when it comes, in the order of the wire.
 *
 * @module
 */

import type { Message } from "../helpers/line_client.ts";
import { soon } from "../helpers/wait.ts";

/** What all clients together have seen of one process: the same number is the same frame for everybody. */
export type Ledger = Map<number, string>;

/** A client's place at a process. */
export interface Place {
  readonly ledger: Ledger;
  /** The seq that comes next. */
  next: number;
  /** Where it begins anew, once what was on its way has come. */
  restart?: number;
  /** No frame behind this one may come: somebody else has the stream. */
  limit: number;
}

/** A line that says that no more frames come. */
export interface Notice {
  readonly reason: string;
  readonly seq: number;
  /** The last frame that had come by then. */
  readonly lastSeen: number;
}

/** See the module. */
export class FrameClient implements AsyncDisposable {
  readonly places: Map<string, Place> = new Map();
  /** Notices that have come and that nobody has asked about, by process. */
  readonly notices: Map<string, Notice[]> = new Map();
  /** The first thing that was wrong. */
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
   * @param onReply Called at once when the reply comes, before anything behind it is looked at.
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
        for (const line of lines) this.#take(JSON.parse(line));
      }
    } catch (error) {
      if (!this.#isClosed) this.failure ??= error as Error;
    }
  }

  #take(message: Message): void {
    if (message.stream === "detached") this.#takeNotice(message as Message & { reason: string });
    else if (message.type === "stream") this.#takeFrame(message);
    else this.#replies.get(Number(message.id))?.(message);
  }

  #takeNotice({ processId = "", seq = 0, reason }: Message & { reason: string }): void {
    const lastSeen = (this.places.get(processId)?.next ?? 1) - 1;
    const known = this.notices.get(processId) ?? [];
    this.notices.set(processId, [...known, { reason, seq, lastSeen }]);
  }

  #takeFrame(frame: Message): void {
    const { processId, seq = 0 } = frame;
    const place = this.places.get(processId!);
    if (place === undefined) return this.#fail(`frame ${seq} of ${processId}, which it does not follow`);
    // Where both would do, it may be one that was on its way.
    if (place.restart === seq && place.next !== seq) {
      place.next = seq;
      delete place.restart;
    }
    if (seq !== place.next) return this.#fail(`frame ${seq} of ${processId} instead of ${place.next}`);
    if (seq > place.limit) return this.#fail(`frame ${seq} of ${processId}, which somebody else has`);
    place.next++;
    const text = contentOf(frame);
    const known = place.ledger.get(seq);
    if (known !== undefined && known !== text) this.#fail(`frame ${seq} of ${processId} is another one here`);
    place.ledger.set(seq, text);
  }

  #fail(what: string): void {
    this.failure ??= new Error(what);
  }

  /** Closes it as a network does. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed) this.#conn.close();
    this.#isClosed = true;
    await this.#reading;
  }
}

/** `o` and text for output, `x` and how it ended for an exit. */
function contentOf({ stream, data = "", ...rest }: Message & { signal?: string; killedBy?: string }): string {
  if (stream === "exit") return `x ${rest.exitCode} ${rest.signal ?? ""} ${rest.killedBy ?? ""}`;
  return `${stream === "stdout" ? "o" : "e"}${new TextDecoder().decode(Uint8Array.fromBase64(data))}`;
}
