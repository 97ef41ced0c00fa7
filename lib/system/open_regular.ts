/**
 * Opening what should be a regular file: opening a FIFO waits for a writer, perhaps for ever, and
 * opening a device may do something.
 *
 * @module
 */

import { ClaustrumError } from "./claustrum_error.ts";
import type { ByteSource } from "./io.ts";

/** What a path leads to cannot be read as a file; the message says why, as the text of an errno does. */
export class NotRegularError extends ClaustrumError {}

/**
 * Refuses everything but a regular file.
 *
 * @param info What the system says of it.
 * @throws {NotRegularError} If it is something else.
 */
export function requireRegular(info: { readonly isFile: boolean; readonly isDirectory: boolean }): void {
  if (info.isDirectory) throw new NotRegularError("is a directory");
  if (!info.isFile) throw new NotRegularError("not a regular file");
}

/** An open file. */
export interface OpenFile extends ByteSource, Disposable {}

/**
 * Opens a regular file for reading without ever waiting, whatever takes its place meanwhile; reading
 * is synchronous. It loads much: for workers.
 *
 * @throws {NotRegularError} If the path leads to something else.
 * @throws What the system says if it cannot be opened.
 */
export async function openRegularNow(path: string): Promise<OpenFile> {
  const { closeSync, constants, fstatSync, openSync, readSync } = await import("node:fs");
  // Windows has neither FIFOs among its files nor the flag.
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const info = fstatSync(fd);
    requireRegular({ isFile: info.isFile(), isDirectory: info.isDirectory() });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return {
    read: (into) => Promise.try(() => readSync(fd, into) || null),
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/**
 * Opens a regular file for reading; symlinks are followed.
 *
 * @throws {NotRegularError} If the path leads to something else, which is not opened then.
 * @throws What the system says if it cannot be opened.
 */
export async function openRegular(path: string): Promise<Deno.FsFile> {
  requireRegular(await Deno.stat(path));
  const file = await Deno.open(path, { read: true });
  try {
    // Something else may have taken its place in between.
    requireRegular(await file.stat());
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}
