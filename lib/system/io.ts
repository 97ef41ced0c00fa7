/**
 * Byte sources and sinks in the runtime's own terms: plain read and write loops are half as dear
 * again as web streams.
 *
 * @module
 */

/** Something to write bytes to. */
export interface ByteSink {
  /** Writes some of the bytes; returns how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Something to read bytes from. */
export interface ByteSource {
  /** Reads some bytes into the array; returns how many, or null at the end. */
  read(into: Uint8Array): Promise<number | null>;
}

/** A connection that carries bytes both ways, whatever it is made of. */
export interface ByteStream extends ByteSource, ByteSink {
  /** Ends it. */
  close(): void;
}

const CHUNK_BYTES = 256 << 10;

/**
 * Reads up to the end, or up to a limit.
 *
 * @param limit Not more than this many bytes.
 * @param expected How many there are most likely, in bytes; 0 when that is unknown.
 */
export async function readUpTo(source: ByteSource, limit: number, expected = 0): Promise<Uint8Array<ArrayBuffer>> {
  // The end shows when there is room for a byte more.
  let bytes = new Uint8Array(Math.min(limit, expected === 0 ? CHUNK_BYTES : expected + 1));
  let length = 0;
  while (length < limit) {
    if (length === bytes.length) bytes = grow(bytes, Math.min(limit, 2 * length));
    // The runtime works on what it read before it gives it out: not on too much at once.
    const n = await source.read(bytes.subarray(length, length + CHUNK_BYTES));
    if (n === null) break;
    length += n;
  }
  return bytes.subarray(0, length);
}

/** A larger array that begins with the bytes of another one. */
export function grow(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(size);
  grown.set(bytes);
  return grown;
}

/** Joins arrays. */
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
