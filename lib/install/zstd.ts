/**
 * Decompressing zstd files frame by frame.
 *
 * The walk over frames and blocks stands in for `createZstdDecompress` of `node:zlib`, which decodes only the first
 * frame and reports no error if that is truncated. It may go once the runtime decodes all frames and reports
 * truncation.
 *
 * @module
 */

import type { ZstdDecompress } from "node:zlib";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { freeIfLast } from "../system/free_buffer.ts";

type Zlib = typeof import("node:zlib");

/** The input is not a zstd file, is damaged or ends too early; the message is the contract's. */
export class ZstdError extends ClaustrumError {}

/** Reads some bytes into the array and returns how many, or `null` at the end. */
export type SyncRead = (into: Uint8Array) => number | null;

/** The size of an output piece, in bytes; larger ones are slower and take more memory. */
const CHUNK_BYTES = 64 << 10;
/** The size of the input buffer, in bytes. Most blocks fit: a block that is split takes another call of the decoder. */
const INPUT_BYTES = 256 << 10;
const FRAME_MAGIC = 0xfd2fb528;
const MAGIC_BYTES = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
/** The first of the sixteen magic numbers of skippable frames, which hold data of other programs. */
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;
/** Frames with a larger window are refused; those of `zstd --long` are not larger. */
const MAX_WINDOW_LOG = 27;
const RAW_BLOCK = 0;
const RLE_BLOCK = 1;
const COMPRESSED_BLOCK = 2;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const CHECKSUM_BYTES = 4;

/**
 * Decompresses a file of one or more frames in constant memory. Skippable frames are ignored.
 *
 * @param read Reads the compressed bytes.
 * @param write Called with the decompressed bytes in pieces of at most 64 KiB; each is valid only during the call.
 * @throws {ZstdError} If the input is invalid.
 * @throws What `write` throws.
 */
export async function decompressZstd(read: SyncRead, write: (chunk: Uint8Array) => void): Promise<void> {
  // Loaded here because only an install needs it, and loading takes long.
  const zlib = await import("node:zlib");
  const input = new Input(read);
  let hasFrame = false;
  for (let magic = input.magic(); magic !== undefined; magic = input.magic()) {
    if (((magic & SKIPPABLE_MASK) >>> 0) === SKIPPABLE_MAGIC) {
      skipFrame(input);
      continue;
    }
    if (magic !== FRAME_MAGIC) throw new ZstdError("invalid input: magic number mismatch");
    await decodeFrame(input, write, zlib);
    hasFrame = true;
  }
  // A file that is truncated before its first frame must not become an empty CLI.
  if (!hasFrame) throw new ZstdError("unexpected EOF");
}

function skipFrame(input: Input): void {
  const size = littleEndian(Uint8Array.from({ length: 4 }, () => input.byte()));
  for (let left = size; left > 0;) left -= input.take(Math.min(left, input.available().length)).length;
}

async function decodeFrame(input: Input, write: (chunk: Uint8Array) => void, zlib: Zlib): Promise<void> {
  const walk = new FrameWalk();
  using decoder = new FrameDecoder(write, zlib);
  await decoder.decode(MAGIC_BYTES.slice());
  while (!walk.isDone) await decoder.decode(input.take(walk.advance(input.available())).slice());
  await decoder.end();
}

/** The compressed bytes, buffered. */
class Input {
  readonly #read: SyncRead;
  readonly #buffer = new Uint8Array(INPUT_BYTES);
  #bytes = this.#buffer.subarray(0, 0);

  constructor(read: SyncRead) {
    this.#read = read;
  }

  #refill(): boolean {
    if (this.#bytes.length === 0) this.#bytes = this.#buffer.subarray(0, this.#read(this.#buffer) ?? 0);
    return this.#bytes.length > 0;
  }

  /** Returns the buffered bytes, at least one. */
  available(): Uint8Array {
    if (this.#refill()) return this.#bytes;
    throw new ZstdError("unexpected EOF");
  }

  take(length: number): Uint8Array {
    const taken = this.available().subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  /** Reads the magic number of a frame; returns `undefined` at the end. */
  magic(): number | undefined {
    return this.#refill() ? littleEndian(Uint8Array.from({ length: 4 }, () => this.byte())) : undefined;
  }
}

/**
 * Finds the ends of a frame's parts, starting after its magic number. The decoder gets one block at a time, and the
 * checksum separately: once it has filled an output buffer from some input, an error in the same input ends the
 * program instead of being reported.
 */
class FrameWalk {
  #head: number[] = [];
  #left = 1;
  #isHead = true;
  #next: (head: Uint8Array) => void = (head) => this.#readDescriptor(head[0]!);
  #isPartOver = false;
  #hasChecksum = false;
  /** Whether the last byte of the frame was passed. */
  isDone = false;

  /**
   * Walks over the next bytes of the input.
   *
   * @returns The number of bytes that belong to the current part.
   * @throws {ZstdError} If the frame is invalid.
   */
  advance(bytes: Uint8Array): number {
    let at = 0;
    for (this.#isPartOver = false; at < bytes.length && !this.#isPartOver;) {
      const step = Math.min(this.#left, bytes.length - at);
      if (this.#isHead) this.#head.push(...bytes.subarray(at, at + step));
      at += step;
      this.#left -= step;
      if (this.#left === 0) this.#next(Uint8Array.from(this.#head.splice(0)));
    }
    return at;
  }

  /** Collects some bytes, then calls a function with them. */
  #collect(length: number, next: (head: Uint8Array) => void): void {
    [this.#left, this.#isHead, this.#next] = [length, true, next];
  }

  /** Skips some bytes, then calls a function. */
  #pass(length: number, next: () => void): void {
    if (length === 0) return next();
    [this.#left, this.#isHead, this.#next] = [length, false, next];
  }

  #readDescriptor(descriptor: number): void {
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const sizeFlag = descriptor >> 6;
    this.#hasChecksum = (descriptor & 0x04) !== 0;
    const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : CONTENT_SIZE_BYTES[sizeFlag]!;
    const rest = DICTIONARY_ID_BYTES[descriptor & 0x03]! + sizeBytes;
    const readBlocks = () => this.#collect(3, (head) => this.#readBlock(littleEndian(head)));
    if (isSingleSegment) return this.#pass(rest, readBlocks);
    this.#collect(1, (head) => {
      checkWindow(head[0]!);
      this.#pass(rest, readBlocks);
    });
  }

  #readBlock(header: number): void {
    const isLast = (header & 1) === 1;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type !== RAW_BLOCK && type !== RLE_BLOCK && type !== COMPRESSED_BLOCK) {
      throw new ZstdError("invalid input: reserved block type encountered");
    }
    this.#pass(type === RLE_BLOCK ? 1 : size, () => this.#endBlock(isLast));
  }

  #endBlock(isLast: boolean): void {
    this.#isPartOver = true;
    if (!isLast) this.#collect(3, (head) => this.#readBlock(littleEndian(head)));
    else if (this.#hasChecksum) this.#pass(CHECKSUM_BYTES, () => this.#end());
    else this.#end();
  }

  #end(): void {
    this.#isPartOver = true;
    this.isDone = true;
  }
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

function checkWindow(descriptor: number): void {
  const base = 2 ** (10 + (descriptor >> 3));
  const window = base + base / 8 * (descriptor & 7);
  if (window > 2 ** MAX_WINDOW_LOG) throw new ZstdError("window size exceeded");
}

/** The runtime's decoder for one frame; it is created when there is input. */
class FrameDecoder implements Disposable {
  readonly #write: (chunk: Uint8Array) => void;
  readonly #zlib: Zlib;
  #stream: ZstdDecompress | undefined;
  #ended = Promise.withResolvers<void>();
  #failure: unknown;

  constructor(write: (chunk: Uint8Array) => void, zlib: Zlib) {
    this.#write = write;
    this.#zlib = zlib;
  }

  /** Decodes bytes, which must not change afterwards; their output is written when the promise settles. */
  async decode(bytes: Uint8Array): Promise<void> {
    const stream = this.#stream ??= this.#start();
    await Promise.race([new Promise<void>((resolve) => stream.write(bytes, () => resolve())), this.#ended.promise]);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends the input and waits for the rest of the output. */
  async end(): Promise<void> {
    this.#stream?.end();
    if (this.#stream !== undefined) await this.#ended.promise;
    if (this.#failure !== undefined) throw this.#failure;
  }

  [Symbol.dispose](): void {
    this.#stream?.destroy();
  }

  #start(): ZstdDecompress {
    const { constants, createZstdDecompress } = this.#zlib;
    const params = { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG };
    const stream = createZstdDecompress({ chunkSize: CHUNK_BYTES, params });
    // An error event without a listener ends the program, so the listener is added at once.
    stream.on("error", (error) => this.#fail(new ZstdError(decoderText(error), { cause: error })));
    stream.on("end", () => this.#ended.resolve());
    stream.on("data", (chunk: Uint8Array) => {
      if (this.#failure !== undefined) return;
      try {
        this.#write(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      } catch (error) {
        return this.#fail(error);
      }
      freeIfLast(chunk);
    });
    return stream;
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#ended.resolve();
  }
}

function decoderText({ message }: Error): string {
  if (/checksum/i.test(message)) return "CRC check failed";
  return `invalid input: ${message.replace(/^zstd decompress error: /i, "").toLowerCase()}`;
}
