/**
 * Reading a file that somebody else may have put there: regular files only, up to a bound. Opening a FIFO
 * blocks one of the runtime's 32 threads until another process opens its other end, and opening a device may
 * have effects of its own.
 *
 * @module
 */

import { type ByteSource, readUpTo } from "./io.ts";

/** A regular file that is open for reading. */
export interface RegularFile extends ByteSource, AsyncDisposable {
  /** Its size when it was opened, in bytes. */
  readonly size: number;
}

/**
 * Opens a regular file for reading. It never blocks, also when a FIFO replaces the file meanwhile.
 *
 * @returns `undefined` when it is something else, a symlink as well.
 * @throws {Error} If it cannot be opened.
 */
export async function openRegularFile(path: string): Promise<RegularFile | undefined> {
  // Opening a device may have effects, so check first.
  if (!(await Deno.lstat(path)).isFile) return undefined;
  // A FIFO may be there by now. `Deno.open` takes no flags, so it would block.
  const { constants, open } = await import("node:fs/promises");
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => handle.close());
  const facts = await handle.stat();
  if (!facts.isFile()) return undefined;
  const closing = opened.move();
  return {
    size: facts.size,
    async read(into) {
      const { bytesRead } = await handle.read(into, 0, into.length);
      return bytesRead === 0 ? null : bytesRead;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/**
 * Reads a whole regular file.
 *
 * @param maxBytes The size that it may have, in bytes.
 * @returns `undefined` when it is larger, or no regular file.
 * @throws {Error} If it cannot be read.
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  await using file = await openRegularFile(path);
  if (file === undefined || file.size > maxBytes) return undefined;
  const bytes = await readUpTo(file, maxBytes + 1);
  return bytes.length > maxBytes ? undefined : bytes;
}
