/**
 * The database file itself: made for its owner only, and copied before it changes.
 *
 * @module
 */

import { fileErrorOf, StoreError } from "./store_error.ts";

/**
 * Makes an empty file of mode 0600 if there is none, and takes everyone else's access to one that is there. SQLite
 * gives its other files the same mode.
 *
 * @throws {StoreError} If the directory or the file does not allow that.
 */
export function createPrivately(path: string): void {
  try {
    if (isThere(path)) restrict(path);
    else Deno.openSync(path, { createNew: true, write: true, mode: 0o600 }).close();
  } catch (error) {
    throw fileErrorOf(path, error);
  }
}

/**
 * Copies a closed database file. The copy appears whole or not at all.
 *
 * @param path The file; no connection to it may be open, for closing a copy would drop that connection's locks.
 * @param copy Where the copy goes; replaced if it is there.
 * @throws {StoreError} If another program has the file open, or there is no room.
 */
export function copyClosed(path: string, copy: string): void {
  // The last connection that closes removes the log.
  if (isThere(`${path}-wal`)) {
    throw new StoreError("locked", `${path}: another program holds the database: end it, then try again`);
  }
  const temporary = `${copy}.${crypto.randomUUID()}`;
  try {
    Deno.openSync(temporary, { createNew: true, write: true, mode: 0o600 }).close();
    Deno.copyFileSync(path, temporary);
    using file = Deno.openSync(temporary, { write: true });
    file.syncSync();
    Deno.renameSync(temporary, copy);
  } catch (error) {
    removeIfThere(temporary);
    throw fileErrorOf(copy, error);
  }
}

function restrict(path: string): void {
  if (Deno.build.os === "windows") return;
  const { mode, isFile } = Deno.statSync(path);
  if (isFile && mode !== null && (mode & 0o077) !== 0) Deno.chmodSync(path, mode & 0o700);
}

/** Whether a path exists, whatever it is. */
export function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
