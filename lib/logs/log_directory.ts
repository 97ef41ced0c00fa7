/**
 * The directory of the daemon's logs, and the files in it: for their user alone, and never reached through a symlink.
 *
 * @module
 */

import { isMissing } from "../system/errno.ts";
import { tryGetOwnId } from "../system/permissions.ts";
import { NotRegularError, requireRegular } from "../system/regular_file.ts";
import { LogError } from "./log_error.ts";

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
const OTHERS = 0o077;
const WRITABLE_BY_OTHERS = 0o022;

/** Returns the directory of a path. */
export function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/**
 * Creates the directory of logs, or checks the one that is there.
 *
 * @throws {LogError} If it is a symlink, belongs to another user or can be changed by others.
 * @throws {Error} If it cannot be created.
 */
export async function prepareLogDirectory(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: DIRECTORY_MODE });
  const info = await Deno.lstat(path);
  if (!info.isDirectory) throw new LogError(`open ${path}: not a directory`);
  if (Deno.build.os === "windows") return;
  if (isForeign(info)) throw new LogError(`open ${path}: belongs to user ${info.uid}`);
  if (((info.mode ?? 0) & WRITABLE_BY_OTHERS) !== 0) {
    throw new LogError(`open ${path}: is writable by others: chmod go-w ${path}`);
  }
}

function isForeign({ uid }: Deno.FileInfo): boolean {
  const own = tryGetOwnId("uid");
  return uid !== null && own !== undefined && uid !== own;
}

/** A file that is open for appending. */
export interface AppendedFile {
  /** The open file. */
  readonly file: Deno.FsFile;
  /** Its size when it was opened, in bytes. */
  readonly size: number;
  /** What tells it from any other file. */
  readonly identity: string;
}

/**
 * Opens a regular file of this user for reading and appending, with mode 0600; creates it if it is missing.
 *
 * @throws {NotRegularError} If the path leads to something else, such as a symlink.
 * @throws {Error} If it cannot be opened.
 */
export async function openForAppending(path: string): Promise<AppendedFile> {
  const before = await lstatIfThere(path);
  if (before !== undefined) {
    if (before.isSymlink) throw new NotRegularError("is a symbolic link");
    requireRegular(before);
    if (isForeign(before)) throw new NotRegularError(`belongs to user ${before.uid}`);
  }
  // Opened for reading, too, it does not block if a FIFO has replaced it. A file that is created follows no symlink.
  const file = await Deno.open(path, {
    read: true,
    append: true,
    ...(before === undefined ? { createNew: true, mode: FILE_MODE } : {}),
  });
  try {
    const info = await file.stat();
    requireRegular(info);
    const identity = identityOf(info);
    const there = await lstatIfThere(path);
    if (there === undefined || identityOf(there) !== identity) {
      throw new NotRegularError("was replaced by another file");
    }
    if (Deno.build.os !== "windows" && ((info.mode ?? 0) & OTHERS) !== 0) await Deno.chmod(path, FILE_MODE);
    return { file, size: info.size, identity };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Returns what tells a file from any other one that exists at the same time. */
export function identityOf({ dev, ino }: Pick<Deno.FileInfo, "dev" | "ino">): string {
  return `${dev}:${ino}`;
}

/** Returns the facts of a path, whatever its type; `undefined` if there is nothing. */
export async function lstatIfThere(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
