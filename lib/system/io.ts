/**
 * Byte sources and sinks with the runtime's own read and write methods. Plain loops over them are much cheaper than
 * web streams.
 *
 * @module
 */

/** A destination of bytes. */
export interface ByteSink {
  /** Writes some of the bytes and returns how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** A source of bytes. */
export interface ByteSource {
  /** Reads some bytes into the array and returns how many, or `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
}

/** A connection that carries bytes both ways, over any transport. */
export interface ByteStream extends ByteSource, ByteSink {
  /** Closes the connection. */
  close(): void;
}

const CHUNK_BYTES = 256 << 10;

/**
 * Reads to the end of a source, or up to a limit.
 *
 * @param limit The most bytes to read.
 * @param expected The likely number of bytes; 0 if unknown.
 */
export async function readUpTo(source: ByteSource, limit: number, expected = 0): Promise<Uint8Array<ArrayBuffer>> {
  // Room for one more byte, so that a read can report the end.
  let bytes = new Uint8Array(Math.min(limit, expected === 0 ? CHUNK_BYTES : expected + 1));
  let length = 0;
  while (length < limit) {
    if (length === bytes.length) bytes = grow(bytes, Math.min(limit, 2 * length));
    // The runtime copies what it has read before it returns it, so each read is bounded.
    const n = await source.read(bytes.subarray(length, length + CHUNK_BYTES));
    if (n === null) break;
    length += n;
  }
  return bytes.subarray(0, length);
}

/** Copies an array into a larger one.
 *
 * @param size The size of the new array, in bytes. */
export function grow(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(size);
  grown.set(bytes);
  return grown;
}

/** Joins arrays into one. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Writes all of the bytes. */
export async function writeAll(sink: ByteSink, bytes: Uint8Array): Promise<void> {
  let done = await sink.write(bytes);
  while (done < bytes.length) done += await sink.write(bytes.subarray(done));
}
