/**
 * Opening what should be a regular file: opening a FIFO waits for a writer, perhaps for ever, and
 * opening a device may do something.
 *
 * @module
 */

/** What a path leads to cannot be read as a file; the message says why, as the text of an errno does. */
export class NotRegularError extends Error {
  /** The class, for those who only have the error. */
  override readonly name: string = "NotRegularError";
}

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
