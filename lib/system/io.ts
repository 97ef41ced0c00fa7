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

/** Writes all of the bytes. */
export async function writeAll(sink: ByteSink, bytes: Uint8Array): Promise<void> {
  let done = await sink.write(bytes);
  while (done < bytes.length) done += await sink.write(bytes.subarray(done));
}
