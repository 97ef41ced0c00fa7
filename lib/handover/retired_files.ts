/**
 * The files through which a retired daemon is found. They are in a directory next to the public socket and named after
 * the id of the daemon.
 *
 * @module
 */

import { type Clock, keepAlive } from "../system/clock.ts";
import { isThere, removeIfThere, removeTemporaries } from "../system/private_files.ts";

/** The files of a retired daemon. */
export interface RetiredFiles {
  /** The directory of all retired daemons, 0700. */
  readonly directory: string;
  /** Its socket, 0600. */
  readonly socket: string;
  /** Its token, 0600; it exists only until the daemon that relays to it has read it. */
  readonly token: string;
  /** Its record. */
  readonly record: string;
}

/** The contents of a retired daemon's record. */
export interface RetiredRecord {
  /** The id of its process. */
  readonly pid: number;
  /** The id of that run of the daemon. */
  readonly instanceId: string;
  /** When it retired, in ISO 8601. */
  readonly retiredAt: string;
}

/** A retired daemon, as its record describes it. */
export interface RetiredDaemon extends RetiredRecord {
  /** The paths of its files. */
  readonly files: RetiredFiles;
}

const NAME_LENGTH = 8;
/** How long a retired daemon may take to write its token, in milliseconds. */
const TOKEN_MS = 3_000;
const POLL_MS = 10;

/**
 * Returns the paths of a retired daemon's files.
 *
 * @param directory The directory of all retired daemons.
 */
export function retiredFiles(directory: string, instanceId: string): RetiredFiles {
  // A whole id would use up a third of the length that a socket's path may have.
  const stem = `${directory}/${instanceId.slice(0, NAME_LENGTH)}`;
  return { directory, socket: stem, token: `${stem}.token`, record: `${stem}.json` };
}

/** Returns all retired daemons of a directory, running or not; those that retired first come first. */
export async function retiredDaemons(directory: string): Promise<RetiredDaemon[]> {
  const found: RetiredDaemon[] = [];
  if (!await isThere(directory)) return found;
  for await (const { name } of Deno.readDir(directory)) {
    const record = name.endsWith(".json") ? await readRecord(`${directory}/${name}`) : undefined;
    if (record !== undefined) found.push({ ...record, files: retiredFiles(directory, record.instanceId) });
  }
  return found.sort((a, b) => a.retiredAt < b.retiredAt ? -1 : 1);
}

async function readRecord(path: string): Promise<RetiredRecord | undefined> {
  try {
    const record = JSON.parse(await Deno.readTextFile(path));
    const isRecord = Number.isSafeInteger(record?.pid) && typeof record.instanceId === "string" &&
      typeof record.retiredAt === "string";
    return isRecord ? record : undefined;
  } catch (error) {
    // The daemon has just ended, or the file is not a record.
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Waits for the token of a retired daemon, which exists once no other daemon relays to it.
 *
 * @returns Whether the token appeared in time.
 */
export async function waitForToken({ token }: RetiredFiles, clock: Clock): Promise<boolean> {
  using _alive = keepAlive();
  const end = clock.elapsed() + TOKEN_MS;
  while (!await isThere(token)) {
    if (clock.elapsed() >= end) return false;
    await new Promise<void>((resolve) => void clock.after(POLL_MS, resolve));
  }
  return true;
}

/** Removes the files of a retired daemon, including temporary files that it left when it was killed. */
export async function removeRetiredFiles({ directory, socket, token, record }: RetiredFiles): Promise<void> {
  if (!await isThere(directory)) return;
  for (const path of [token, record]) await removeTemporaries(path);
  for (const path of [token, socket, record]) await removeIfThere(path);
}
