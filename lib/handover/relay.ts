/**
 * The connection of one client to a retired daemon: relays the client's requests, and the daemon's replies and frames
 * unchanged and in order. Each client has its own relay, so that everything that belongs to a connection, such as the
 * subscription to a process, belongs to that client.
 *
 * @module
 */

import type { FrameSource } from "../methods/context.ts";
import { EncodedResult } from "../rpc/dispatch.ts";
import { RpcError } from "../rpc/errors.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { type ByteStream, concat, grow, writeAll } from "../system/io.ts";

const READ_BYTES = 256 << 10;
const NEWLINE = 0x0a;
/** Enough for the head of a frame, unless its id is very long. */
const HEAD_BYTES = 512;
/** The head of a frame. */
const FRAME_HEAD = /^\{"type":"stream","processId":("(?:[^"\\]|\\.)*"),"stream":"([a-z]+)","seq":(\d+)/;
const LATIN1 = new TextDecoder("latin1");
const ENCODER = new TextEncoder();

/** The retired daemon has ended, or the connection to it is lost. */
export class RelayLostError extends ClaustrumError {}

/** Options of {@linkcode Relay}. */
export interface RelayOptions {
  /** The connection to the retired daemon. */
  readonly transport: ByteStream;
  /** Its token. */
  readonly token: string;
  /** Adds a stream to the client's output. */
  readonly attach: (open: (onReadable: () => void) => FrameSource) => void;
  /** Called for each frame before it is passed on. */
  readonly onFrame: (encodedId: string, stream: string, seq: number) => void;
}

interface Pending {
  readonly resolve: (result: EncodedResult) => void;
  readonly reject: (error: Error) => void;
}

/** The connection of one client to a retired daemon. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #pending = new Map<number, Pending>();
  /** The encoded ids of the processes whose frames are dropped. */
  readonly #muted = new Set<string>();
  #nextId = 1;
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** The next frames for the client. */
  #frames: Uint8Array | undefined;
  /** Settles when the client has been sent them. */
  #taken = Promise.withResolvers<void>();
  #onReadable: () => void = () => {};
  /** Settles when the connection is closed and everything is passed on; never rejects. */
  readonly finished: Promise<void>;

  /** Starts to read from the connection. */
  constructor(options: RelayOptions) {
    this.#options = options;
    options.attach((onReadable) => {
      this.#onReadable = onReadable;
      return this.#stream();
    });
    this.finished = this.#readAll();
  }

  /**
   * Relays a request.
   *
   * @throws {RpcError} If the retired daemon answers with an error.
   * @throws {RelayLostError} If it does not answer.
   */
  request(method: string, params: object): Promise<EncodedResult> {
    if (this.#isClosed) return Promise.reject(new RelayLostError("the relay is closed"));
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<EncodedResult>();
    this.#pending.set(id, { resolve, reject });
    const line = JSON.stringify({ jsonrpc: "2.0", id, method, params, auth: this.#options.token }, clampNumber) + "\n";
    this.#writing = this.#writing.then(() => this.#write(ENCODER.encode(line)));
    return promise;
  }

  /** Drops the frames of a process from now on, including those that are waiting to be sent. */
  mute(encodedId: string): void {
    this.#muted.add(encodedId);
    if (this.#frames !== undefined) this.#frames = this.#withoutMuted(this.#frames);
  }

  /** Closes the connection. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.transport.close();
    this.#taken.resolve();
    for (const { reject } of this.#pending.values()) reject(new RelayLostError("the retired daemon is gone"));
    this.#pending.clear();
    this.#onReadable();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      if (!this.#isClosed) await writeAll(this.#options.transport, bytes);
    } catch {
      // The reading side fails as well, and reports it.
    }
  }

  /** The source that the client's output takes frames from. */
  #stream(): FrameSource {
    const isDone = () => this.#isClosed && this.#frames === undefined;
    return {
      isReplaying: false,
      get isDone() {
        return isDone();
      },
      take: () => {
        const frames = this.#frames;
        this.#frames = undefined;
        if (frames === undefined || frames.length > 0) return frames;
        this.#taken.resolve();
        return undefined;
      },
      release: () => this.#taken.resolve(),
      close: () => this.close(),
    };
  }

  /** Sends frames to the client and waits until they are written: a slow client slows down only its own processes. */
  async #deliver(frames: Uint8Array): Promise<void> {
    const wanted = this.#muted.size > 0 ? this.#withoutMuted(frames) : frames;
    if (wanted.length === 0 || this.#isClosed) return;
    this.#taken = Promise.withResolvers();
    this.#frames = wanted;
    this.#onReadable();
    await this.#taken.promise;
  }

  async #readAll(): Promise<void> {
    const { transport } = this.#options;
    let buffer = new Uint8Array(READ_BYTES);
    let held = 0;
    try {
      for (;;) {
        if (held === buffer.length) buffer = grow(buffer, 2 * buffer.length);
        const n = await transport.read(buffer.subarray(held));
        if (n === null) break;
        const filled = held + n;
        const end = buffer.subarray(0, filled).lastIndexOf(NEWLINE) + 1;
        if (end > 0) await this.#takeLines(buffer.subarray(0, end));
        // The client may still be sent frames that stand in the buffer.
        if (this.#isClosed) break;
        buffer.copyWithin(0, end, filled);
        held = filled - end;
      }
    } catch (error) {
      if (!(error instanceof Error)) throw error; // any failure to read means that the connection is lost
    }
    this.close();
  }

  /** Passes consecutive frames on together. A reply waits until the frames before it are written. */
  async #takeLines(lines: Uint8Array): Promise<void> {
    let start = 0;
    for (let at = 0; at < lines.length;) {
      const end = lines.indexOf(NEWLINE, at) + 1;
      const line = lines.subarray(at, end);
      if (!this.#noteFrame(line)) {
        if (at > start) await this.#deliver(lines.subarray(start, at));
        this.#settle(line);
        start = end;
      }
      at = end;
    }
    if (start < lines.length) await this.#deliver(lines.subarray(start));
  }

  #noteFrame(line: Uint8Array): boolean {
    const head = headOf(line);
    if (head === undefined) return false;
    this.#options.onFrame(head.id, head.stream, head.seq);
    return true;
  }

  #withoutMuted(frames: Uint8Array): Uint8Array {
    const kept: Uint8Array[] = [];
    for (let at = 0; at < frames.length;) {
      const end = frames.indexOf(NEWLINE, at) + 1;
      const line = frames.subarray(at, end);
      if (!this.#muted.has(headOf(line)?.id ?? "")) kept.push(line);
      at = end;
    }
    return concat(kept);
  }

  /** Passes on the text of the result, not its value, so that the bytes are the same. */
  #settle(line: Uint8Array): void {
    const text = new TextDecoder().decode(line);
    const { id, error } = JSON.parse(text);
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error !== undefined) return pending?.reject(new RpcError(error.code, error.message));
    const RESULT = `{"jsonrpc":"2.0","id":${id},"result":`;
    pending?.resolve(new EncodedResult(text.slice(RESULT.length, -"}\n".length)));
  }
}

/** Clamps integers that a number cannot represent exactly; no offset and no sequence number is that large. */
function clampNumber(_key: string, value: unknown): unknown {
  return typeof value === "number" && value > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : value;
}

function headOf(line: Uint8Array): { id: string; stream: string; seq: number } | undefined {
  const match = FRAME_HEAD.exec(LATIN1.decode(line.subarray(0, HEAD_BYTES))) ??
    (line.length > HEAD_BYTES ? FRAME_HEAD.exec(LATIN1.decode(line)) : null);
  return match === null ? undefined : { id: match[1]!, stream: match[2]!, seq: Number(match[3]) };
}

/** Returns an encoded id as {@linkcode RelayOptions.onFrame} receives it, with one character for each byte. */
export function wireId(encoded: string): string {
  return LATIN1.decode(ENCODER.encode(encoded));
}
