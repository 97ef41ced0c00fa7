/**
 * Frees a stream's buffer without waiting for the garbage collector, which runs too seldom for the buffers that a
 * stream produces. A stream hands out a buffer piece by piece, so the buffer is freed only with its last piece.
 *
 * @param piece A piece of the buffer; must not be used again.
 */
export function freeIfLast({ buffer, byteOffset, byteLength }: Uint8Array): void {
  if (byteOffset + byteLength === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/**
 * Frees a whole buffer without waiting for the garbage collector.
 *
 * @param bytes A part of the buffer; neither this nor any other part may be used again.
 */
export function freeBuffer({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
}
