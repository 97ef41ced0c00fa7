/**
 * Opening whatever is at a path, without waiting for the other end of a FIFO.
 *
 * @module
 */

import type { ByteSource } from "../system/io.ts";

/** A file, a directory or a device that is open for reading. */
export interface OpenedFile extends ByteSource, AsyncDisposable {
  /** Whether it is a directory. */
  readonly isDirectory: boolean;
  /** Whether it is a regular file. */
  readonly isFile: boolean;
  /** Its size, in bytes. */
  readonly size: number;
}

/** The path of the device that is always empty. */
const NULL_DEVICE = "/dev/null";

/**
 * Opens a path for reading; symlinks are followed.
 *
 * @throws {Error} If it cannot be opened.
 */
export async function openNow(path: string): Promise<OpenedFile> {
  if (path === "") throw new Deno.errors.NotFound(path);
  const { constants, open } = await import("node:fs/promises");
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => handle.close());
  const facts = await handle.stat();
  // The runtime strips a trailing slash, which only a directory may have.
  if (path.endsWith("/") && !facts.isDirectory()) throw new Deno.errors.NotADirectory(path);
  const closing = opened.move();
  return {
    isDirectory: facts.isDirectory(),
    isFile: facts.isFile(),
    size: facts.size,
    async read(into) {
      const { bytesRead } = await handle.read(into, 0, into.length, null);
      return bytesRead === 0 ? null : bytesRead;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** Whether a path leads to the device that is always empty. */
export async function isNullDevice(path: string): Promise<boolean> {
  return await Deno.realPath(path) === NULL_DEVICE;
}
