/**
 * Changes files in the home directory that belong to the agent CLI, and that it may write at the same time.
 *
 * @module
 */

import { errnoCode, errnoText } from "../system/errno.ts";
import { removeIfThere } from "../system/private_files.ts";
import { NotRegularError, readRegularFile } from "../system/regular_file.ts";
import { tryDecodeUtf8 } from "../system/utf8.ts";
import { TrustError } from "./trust_error.ts";

const MAX_BYTES = 64 << 20;
const MAX_ATTEMPTS = 100;
/** How long to wait for another program that is about to replace a file, in milliseconds, and how often. */
const [WAIT_MS, MAX_WAITS] = [1, 250];
/** For how long a file beside it may be what another program is about to replace it with, in milliseconds. */
const REPLACING_MS = 200;

/**
 * Changes a file of the user: nothing is lost that others write at the same time, and the first time a copy is kept
 * beside it.
 *
 * @param name The path below the home directory.
 * @param change Returns the new content; what it returns for `undefined` is that of a new file, if there is to be one.
 * @param what What is done to it, for messages.
 * @throws {TrustError} If the file cannot be read or written.
 * @throws Whatever `change` throws; the file stays as it is.
 */
export async function changeHomeFile(
  home: string,
  name: string,
  change: (text: string | undefined) => string | undefined,
  what = "write",
): Promise<void> {
  using _lock = await lockHome(home);
  const config = await homeFilePath(home, name);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const found = await readHomeFile(config);
    const changed = change(found.text);
    if (changed === found.text || changed === undefined) return;
    if (found.text !== undefined) await backUp(config, found.text);
    if (await replace(config, changed, found)) return;
  }
  throw new TrustError(`Cannot ${what} ${config}: other programs change it all the time; try again`);
}

/** A version of a file. */
export interface Found {
  /** The content; `undefined` if there is no file. */
  readonly text: string | undefined;
  /** What tells this version from another one. */
  readonly version: string;
  /** Its permissions; those of a new file if there is none. */
  readonly mode: number;
}

/**
 * Returns the path of a file of the user: of the file itself, where the name in the home directory is a symlink.
 *
 * @param name The path below the home directory.
 * @throws {TrustError} If that cannot be found out.
 */
export async function homeFilePath(home: string, name: string): Promise<string> {
  const path = `${home}/${name}`;
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return path;
    throw unreadable(path, error);
  }
}

/**
 * Reads a file as it is now.
 *
 * @throws {TrustError} If it cannot be read, or is no text file.
 */
export async function readHomeFile(path: string): Promise<Found> {
  try {
    // The version before the content: a change in between is then noticed before the rename.
    const { version, mode } = await look(path);
    if (version === "") return { text: undefined, version, mode };
    const bytes = await readRegularFile(path, MAX_BYTES);
    const text = bytes === undefined ? undefined : tryDecodeUtf8(bytes);
    if (text === undefined) throw new TrustError(`Cannot read ${path}: it is no text file of at most 64 MiB`);
    return { text, version, mode };
  } catch (error) {
    if (error instanceof TrustError) throw error;
    throw unreadable(path, error);
  }
}

function lookNow(path: string): string {
  try {
    return versionText(Deno.lstatSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

function versionText({ ino, size, mtime }: Deno.FileInfo): string {
  return `${ino} ${size} ${mtime?.getTime()}`;
}

async function look(path: string): Promise<{ readonly version: string; readonly mode: number }> {
  try {
    const info = await Deno.lstat(path);
    return { version: versionText(info), mode: (info.mode ?? 0o600) & 0o777 };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { version: "", mode: 0o600 };
    throw error;
  }
}

/** Returns the error of a path that cannot be read; an error of another kind as it is. */
export function unreadable(path: string, error: unknown): unknown {
  if (!(error instanceof NotRegularError) && errnoCode(error) === undefined) return error;
  return new TrustError(`Cannot read ${path}: ${errnoText(error)}`, { cause: error });
}

/**
 * Returns what tells the version of a file that is there now from another one; `""` if there is none.
 *
 * @throws {TrustError} If it cannot be looked at.
 */
export async function versionOf(path: string): Promise<string> {
  try {
    return (await look(path)).version;
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Replaces the file, unless it is another version by now. Returns whether it did. */
async function replace(path: string, text: string, { version, mode }: Found): Promise<boolean> {
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    await writeNew(temporary, text, mode);
    // No other program can be kept from changing the file between these looks and the rename. Without a turn of the
    // event loop, that is microseconds: less than it takes to write a file and to rename it.
    for (let i = 0; i < MAX_WAITS && isBeingReplaced(path, temporary); i++) await briefly();
    if (lookNow(path) !== version) return false;
    Deno.renameSync(temporary, path);
    return true;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new TrustError(`Cannot write ${path}: ${errnoText(error)}`, { cause: error });
  } finally {
    await removeIfThere(temporary);
  }
}

/** Waits for a file that somebody is writing. */
function briefly(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, WAIT_MS));
}

/** Whether another program has just written a file beside this one, as programs do that are about to replace it. */
function isBeingReplaced(path: string, ours: string): boolean {
  const slash = path.lastIndexOf("/");
  const [directory, name] = [path.slice(0, slash), path.slice(slash + 1)];
  for (const entry of Deno.readDirSync(directory)) {
    const beside = `${directory}/${entry.name}`;
    if (!entry.isFile || !entry.name.startsWith(name) || entry.name === name || beside === ours) continue;
    if (beside !== `${path}.bak` && isRecent(beside)) return true;
  }
  return false;
}

/** Files that were left by a program that has failed are not waited for. */
function isRecent(path: string): boolean {
  try {
    return Date.now() - (Deno.lstatSync(path).mtime?.getTime() ?? 0) < REPLACING_MS;
  } catch (error) {
    // It has just been renamed: the file is another version by now.
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  await Deno.writeTextFile(path, text, { createNew: true, mode: 0o600 });
  if (mode !== 0o600) await Deno.chmod(path, mode);
  using file = await Deno.open(path);
  await file.sync();
}

async function backUp(path: string, text: string): Promise<void> {
  try {
    await writeNew(`${path}.bak`, text, 0o600);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    if (errnoCode(error) === undefined) throw error;
    throw new TrustError(`Cannot write ${path}.bak: ${errnoText(error)}`, { cause: error });
  }
}

/** Locks the home directory against other programs of ours; the lock leaves no file behind. */
async function lockHome(home: string): Promise<Disposable> {
  try {
    const directory = await Deno.open(home);
    try {
      await directory.lock(true);
    } catch (error) {
      directory.close();
      throw error;
    }
    return directory;
  } catch (error) {
    throw unreadable(home, error);
  }
}
