/**
 * Gives memory back that would wait for the garbage collector: buffers of streams pile up faster
 * than it comes. Only the piece that ends its buffer is in nobody's hands any more.
 *
 * @param piece Used to its end; must not be touched again.
 */
export function freeIfLast({ buffer, byteOffset, byteLength }: Uint8Array): void {
  if (byteOffset + byteLength === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/**
 * Gives a whole buffer back.
 *
 * @param bytes A part of it; neither this nor any other part may be touched again.
 */
export function freeBuffer({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
}
