/**
 * One client's way to a retired daemon: requests there, replies and frames back, byte for byte and
 * in their order. Each client has a way of its own, so that what belongs to a connection, as the
 * place at a stream, belongs to the client here as well.
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
/** A frame's head fits, unless its id is very long. */
const HEAD_BYTES = 512;
/** What tells of a frame stands at its start. */
const FRAME_HEAD = /^\{"type":"stream","processId":("(?:[^"\\]|\\.)*"),"stream":"([a-z]+)","seq":(\d+)/;
const LATIN1 = new TextDecoder("latin1");
const ENCODER = new TextEncoder();

/** The retired daemon is gone, or the way to it. */
export class RelayLostError extends ClaustrumError {}

/** What a relay is made of. */
export interface RelayOptions {
  /** The connection to the retired daemon. */
  readonly transport: ByteStream;
  /** Its token. */
  readonly token: string;
  /** Gives the client what the retired daemon sends. */
  readonly attach: (open: (onReadable: () => void) => FrameSource) => void;
  /** Told of each frame before it is passed on. */
  readonly onFrame: (encodedId: string, stream: string, seq: number) => void;
}

interface Pending {
  readonly resolve: (result: EncodedResult) => void;
  readonly reject: (error: Error) => void;
}

/** See the module. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #pending = new Map<number, Pending>();
  /** Ids, encoded, whose frames are not passed on any more. */
  readonly #muted = new Set<string>();
  #nextId = 1;
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** Frames that the client is to get next, and who waits until it has. */
  #frames: Uint8Array | undefined;
  #taken = Promise.withResolvers<void>();
  #onReadable: () => void = () => {};
  /** Settles when nothing of it goes on any more; never rejects. */
  readonly finished: Promise<void>;

  /** Reads from now on. */
  constructor(options: RelayOptions) {
    this.#options = options;
    options.attach((onReadable) => {
      this.#onReadable = onReadable;
      return this.#stream();
    });
    this.finished = this.#readAll();
  }

  /**
   * Passes a request on.
   *
   * @throws {RpcError} What the retired daemon answers.
   * @throws {RelayLostError} If it does not.
   */
  request(method: string, params: object): Promise<EncodedResult> {
    if (this.#isClosed) return Promise.reject(new RelayLostError("the relay is closed"));
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<EncodedResult>();
    this.#pending.set(id, { resolve, reject });
    const line = JSON.stringify({ jsonrpc: "2.0", id, method, params, auth: this.#options.token }, plainly) + "\n";
    this.#writing = this.#writing.then(() => this.#write(ENCODER.encode(line)));
    return promise;
  }

  /** Passes no frame of a process on any more, also of those that wait. */
  mute(encodedId: string): void {
    this.#muted.add(encodedId);
    if (this.#frames !== undefined) this.#frames = this.#withoutMuted(this.#frames);
  }

  /** Ends it. */
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
      // The reading side sees the same end, and tells it.
    }
  }

  /** What the client's output takes frames from. */
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

  /** Hands frames to the client and waits until they are written: a slow client slows its processes only. */
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
        buffer.copyWithin(0, end, filled);
        held = filled - end;
      }
    } catch (error) {
      if (!(error instanceof Error)) throw error; // whatever failed, the way is lost
    }
    this.close();
  }

  /** Frames go on in runs; a reply waits until those before it are written. */
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

  /** The result's own text is passed on, so that it is the same to the byte. */
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

/** Past what a number holds exactly, any is as good as another: there is no such offset, and no such frame. */
function plainly(_key: string, value: unknown): unknown {
  return typeof value === "number" && value > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : value;
}

function headOf(line: Uint8Array): { id: string; stream: string; seq: number } | undefined {
  const match = FRAME_HEAD.exec(LATIN1.decode(line.subarray(0, HEAD_BYTES))) ??
    (line.length > HEAD_BYTES ? FRAME_HEAD.exec(LATIN1.decode(line)) : null);
  return match === null ? undefined : { id: match[1]!, stream: match[2]!, seq: Number(match[3]) };
}

/** An id as {@linkcode RelayOptions.onFrame} tells it: encoded, each byte a character. */
export function wireId(encoded: string): string {
  return LATIN1.decode(ENCODER.encode(encoded));
}
