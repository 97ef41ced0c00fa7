/**
 * The zstd format, frame after frame. The runtime's decoder reads one frame, tells nothing of a
 * truncated one and drops what follows it, so frames and blocks are walked here.
 *
 * @module
 */

import type { ZstdDecompress } from "node:zlib";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { freeIfLast } from "../system/free_buffer.ts";

type Zlib = typeof import("node:zlib");

/** The input is no zstd file, is damaged or ends too early; the message is the contract's. */
export class ZstdError extends ClaustrumError {}

/** Reads some bytes into the array; returns how many, or null at the end. */
export type SyncRead = (into: Uint8Array) => number | null;

/** Small pieces: more is slower, and takes more memory. */
const CHUNK_BYTES = 64 << 10;
/** More than most blocks take: a block that is cut takes another turn of the decoder. */
const INPUT_BYTES = 256 << 10;
const FRAME_MAGIC = 0xfd2fb528;
const MAGIC_BYTES = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
/** Sixteen magic numbers, for frames whose content is somebody else's. */
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;
/** A frame that wants a larger window is refused; `zstd --long` stays within it. */
const MAX_WINDOW_LOG = 27;
const RAW_BLOCK = 0;
const RLE_BLOCK = 1;
const COMPRESSED_BLOCK = 2;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const CHECKSUM_BYTES = 4;

/**
 * Decompresses a file of one or more frames, in constant memory. Skippable frames do not count.
 *
 * @param read Gives the compressed bytes.
 * @param write Takes what they hold, in pieces of at most 64 KiB, each good until it returns.
 * @throws {ZstdError} If the input is not what it should be.
 * @throws What `write` throws.
 */
export async function decompressZstd(read: SyncRead, write: (chunk: Uint8Array) => void): Promise<void> {
  // Only an install needs it, and it takes long to load.
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
  // A file that was cut off before its first frame looks like this; it must not become an empty CLI.
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

/** The compressed bytes, as far as they are read. */
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

  /** At least one byte. */
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

  /** What a frame begins with; `undefined` at the end. */
  magic(): number | undefined {
    return this.#refill() ? littleEndian(Uint8Array.from({ length: 4 }, () => this.byte())) : undefined;
  }
}

/**
 * Finds where a frame's parts end, from the byte behind its magic number. The decoder is given one
 * block at a time, and a checksum by itself: it reports damage only as long as it has not filled an
 * output buffer with the same input, and ends the program afterwards.
 */
class FrameWalk {
  #head: number[] = [];
  #left = 1;
  #isHead = true;
  #next: (head: Uint8Array) => void = (head) => this.#readDescriptor(head[0]!);
  #isPartOver = false;
  #hasChecksum = false;
  /** Whether its last byte was seen. */
  isDone = false;

  /**
   * Takes the next bytes of the input.
   *
   * @returns How many of them belong to the part that they begin in.
   * @throws {ZstdError} If this is no frame.
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

  /** Goes on when some bytes are collected. */
  #collect(length: number, next: (head: Uint8Array) => void): void {
    [this.#left, this.#isHead, this.#next] = [length, true, next];
  }

  /** Goes on behind some bytes. */
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

/** The runtime's decoder for one frame; made when there is something to decode. */
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

  /** Decodes bytes that nobody changes any more; what they hold is written when it settles. */
  async decode(bytes: Uint8Array): Promise<void> {
    const stream = this.#stream ??= this.#start();
    await Promise.race([new Promise<void>((resolve) => stream.write(bytes, () => resolve())), this.#ended.promise]);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Waits for the rest. */
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
    // An error that nobody listens for ends the program, so each is taken where it arises.
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
