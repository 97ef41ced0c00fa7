/**
 * Reading the gzip format around raw deflate, so that data before a wrong trailer is not lost
 * (contract: Files methods, `files.extract_tar`).
 *
 * This stands in for `createGunzip` of `node:zlib`, which discards decompressed data when the trailer is wrong. It may
 * go once that data is delivered before the error.
 *
 * @module
 */

import type { InflateRaw } from "node:zlib";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { freeIfLast } from "../system/free_buffer.ts";
import type { ByteSource } from "../system/io.ts";

/** The archive is not a gzip file, is damaged or ends too early; the message is the contract's. */
export class GzipError extends ClaustrumError {}

const INPUT_BYTES = 64 << 10;
const OUTPUT_BYTES = 256 << 10;
const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
const DEFLATE = 8;
const FLAG = { headerCrc: 2, extra: 4, name: 8, comment: 16 } as const;

/** The bytes of the file, buffered so that unused ones can be returned. */
class Input {
  readonly #source: ByteSource;
  readonly #buffer = new Uint8Array(INPUT_BYTES);
  #start = 0;
  #end = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Returns the buffered bytes, at least one; empty at the end of the file. */
  async peek(): Promise<Uint8Array> {
    if (this.#start === this.#end) {
      this.#start = 0;
      this.#end = await this.#source.read(this.#buffer) ?? 0;
    }
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Moves forward; with a negative count back, at most to the start of the last peek. */
  skip(bytes: number): void {
    this.#start += bytes;
  }

  async byte(): Promise<number> {
    const available = await this.peek();
    if (available.length === 0) throw new GzipError("unexpected EOF");
    this.skip(1);
    return available[0]!;
  }
}

/** A gzip file whose first header was read. */
export class GzipReader {
  readonly #input: Input;
  #consumed = 0;
  /** The error of the source, with which the waiting stream is destroyed. */
  #sourceError: Error | undefined;

  private constructor(input: Input) {
    this.#input = input;
  }

  /**
   * Reads the first header.
   *
   * @throws {GzipError} If there is no valid header.
   * @throws What the source throws.
   */
  static async open(source: ByteSource): Promise<GzipReader> {
    const input = new Input(source);
    if ((await input.peek()).length === 0) throw new GzipError("EOF");
    await readHeader(input);
    return new GzipReader(input);
  }

  /**
   * Yields the decompressed data of all members in pieces of at most 256 KiB; each is valid until the next is requested.
   * The consumer may stop at any time. The trailer of a member is read only when data after that member is
   * requested.
   *
   * @throws {GzipError} If the file ends too early or is damaged.
   * @throws What the source throws.
   */
  async *chunks(): AsyncGenerator<Uint8Array> {
    do {
      yield* this.#member();
      for (let i = 0; i < TRAILER_BYTES; i++) await this.#input.byte();
    } while (await this.#hasNextMember());
  }

  async #hasNextMember(): Promise<boolean> {
    if ((await this.#input.peek()).length === 0) return false;
    await readHeader(this.#input);
    return true;
  }

  async *#member(): AsyncGenerator<Uint8Array> {
    const { createInflateRaw } = await import("node:zlib");
    const inflate = createInflateRaw({ chunkSize: OUTPUT_BYTES });
    const fed = this.#feed(inflate);
    try {
      for await (const chunk of inflate as AsyncIterable<Uint8Array>) {
        yield chunk;
        freeIfLast(chunk);
      }
    } catch (error) {
      if (error === this.#sourceError || error instanceof GzipError) throw error;
      throw new GzipError(`flate: corrupt input before offset ${this.#consumed + inflate.bytesWritten}`);
    } finally {
      inflate.destroy();
      const surplus = await fed - inflate.bytesWritten;
      this.#consumed += inflate.bytesWritten;
      this.#input.skip(-surplus);
    }
  }

  /** Feeds a member to its end and returns the number of bytes fed, which may include bytes after the member. */
  async #feed(inflate: InflateRaw): Promise<number> {
    let fed = 0;
    while (!inflate.readableEnded && !inflate.destroyed) {
      const bytes = await this.#peekFor(inflate);
      if (bytes === undefined) break;
      const piece = bytes.slice();
      fed += piece.length;
      this.#input.skip(piece.length);
      await new Promise((resolve) => inflate.write(piece, resolve));
      freeIfLast(piece);
      if (inflate.bytesWritten < fed) break;
    }
    return fed;
  }

  /** Returns the next bytes; at the end of the file, or if the source fails, destroys the stream with an error. */
  async #peekFor(inflate: InflateRaw): Promise<Uint8Array | undefined> {
    try {
      const bytes = await this.#input.peek();
      if (bytes.length > 0) return bytes;
      inflate.destroy(new GzipError("unexpected EOF"));
    } catch (error) {
      this.#sourceError = toError(error);
      inflate.destroy(this.#sourceError);
    }
    return undefined;
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

async function readHeader(input: Input): Promise<void> {
  const header = new Uint8Array(HEADER_BYTES);
  for (let i = 0; i < HEADER_BYTES; i++) header[i] = await input.byte();
  const [id1, id2, method, flags = 0] = header;
  if (id1 !== 0x1f || id2 !== 0x8b || method !== DEFLATE) throw new GzipError("gzip: invalid header");
  if (flags & FLAG.extra) {
    const length = await input.byte() + 256 * await input.byte();
    for (let i = 0; i < length; i++) await input.byte();
  }
  if (flags & FLAG.name) await skipText(input);
  if (flags & FLAG.comment) await skipText(input);
  if (flags & FLAG.headerCrc) { for (let i = 0; i < 2; i++) await input.byte(); }
}

async function skipText(input: Input): Promise<void> {
  while (await input.byte() !== 0);
}
