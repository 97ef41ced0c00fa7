/**
 * Opening a path that may lead to anything, for reading, only if it is a regular file. Opening a FIFO blocks one
 * of the runtime's 32 threads until another process opens its other end, and opening a device may have effects of
 * its own.
 *
 * @module
 */

import { ClaustrumError } from "./claustrum_error.ts";
import { type ByteSource, readUpTo } from "./io.ts";

/** A path leads to something that is not a regular file; the message is worded like the text of an errno. */
export class NotRegularError extends ClaustrumError {}

/**
 * Throws unless a path leads to a regular file.
 *
 * @param info What `stat` or `lstat` returns for the path.
 * @throws {NotRegularError} If it is not a regular file.
 */
export function requireRegular(info: { readonly isFile: boolean; readonly isDirectory: boolean }): void {
  if (info.isDirectory) throw new NotRegularError("is a directory");
  if (!info.isFile) throw new NotRegularError("not a regular file");
}

/** A regular file that is open for reading. */
export interface RegularFile extends ByteSource, AsyncDisposable {
  /** The size of the file when it was opened, in bytes. */
  readonly size: number;
}

/** How a file is opened. */
export interface OpenRegularOptions {
  /** Whether a symlink at the end of the path is followed; it is no regular file otherwise. @default {false} */
  readonly followsLinks?: boolean;
  /** Where to begin to read, in bytes from the start of the file. @default {0} */
  readonly from?: number;
}

/**
 * Opens a regular file for reading. It never blocks, even if a FIFO replaces the file in the meantime.
 *
 * @throws {NotRegularError} If the path leads to something else.
 * @throws {Error} If the file cannot be opened.
 */
export async function openRegularFile(
  path: string,
  { followsLinks = false, from = 0 }: OpenRegularOptions = {},
): Promise<RegularFile> {
  // Opening a device may have effects, so check first.
  requireRegular(await (followsLinks ? Deno.stat(path) : Deno.lstat(path)));
  // A FIFO may have replaced the file by now, and `Deno.open` would block: it takes no flags. Windows has none of
  // these flags, and no FIFOs among its files.
  const { constants, open } = await import("node:fs/promises");
  const linkFlag = followsLinks ? 0 : constants.O_NOFOLLOW ?? 0;
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | linkFlag);
  await using opened = new AsyncDisposableStack();
  opened.defer(() => handle.close());
  const facts = await handle.stat();
  requireRegular({ isFile: facts.isFile(), isDirectory: facts.isDirectory() });
  const closing = opened.move();
  let position = from;
  return {
    size: facts.size,
    async read(into) {
      const { bytesRead } = await handle.read(into, 0, into.length, position);
      position += bytesRead;
      return bytesRead === 0 ? null : bytesRead;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/**
 * Opens a regular file as {@linkcode openRegularFile} does; for callers that skip anything else.
 *
 * @returns `undefined` if the path leads to something else.
 * @throws {Error} If the file cannot be opened.
 */
export async function tryOpenRegularFile(path: string, options?: OpenRegularOptions): Promise<RegularFile | undefined> {
  try {
    return await openRegularFile(path, options);
  } catch (error) {
    if (error instanceof NotRegularError) return undefined;
    throw error;
  }
}

/**
 * Reads a whole regular file; a symlink is not followed.
 *
 * @param maxBytes The largest size that is read, in bytes.
 * @returns `undefined` if the file is larger, or is not a regular file.
 * @throws {Error} If the file cannot be read.
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  await using file = await tryOpenRegularFile(path);
  if (file === undefined || file.size > maxBytes) return undefined;
  const bytes = await readUpTo(file, maxBytes + 1);
  return bytes.length > maxBytes ? undefined : bytes;
}
