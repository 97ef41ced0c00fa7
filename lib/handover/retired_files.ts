/**
 * Where a daemon that has retired is found: files of its own in a directory beside the public
 * socket, named after its instance.
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
  /** Its token, 0600; there only until the daemon that relays to it has read it. */
  readonly token: string;
  /** Who it is. */
  readonly record: string;
}

/** Who a retired daemon is. */
export interface RetiredRecord {
  /** Its process. */
  readonly pid: number;
  /** New for each start. */
  readonly instanceId: string;
  /** ISO 8601. */
  readonly retiredAt: string;
}

/** A retired daemon that left its record. */
export interface RetiredDaemon extends RetiredRecord {
  /** Its files. */
  readonly files: RetiredFiles;
}

const NAME_LENGTH = 8;
/** How long a retired daemon may take to leave its token, in milliseconds. */
const TOKEN_MS = 3_000;
const POLL_MS = 10;

/**
 * The files of an instance.
 *
 * @param directory The directory of all retired daemons.
 */
export function retiredFiles(directory: string, instanceId: string): RetiredFiles {
  // A whole id would take a third of the room that a socket's path has.
  const stem = `${directory}/${instanceId.slice(0, NAME_LENGTH)}`;
  return { directory, socket: stem, token: `${stem}.token`, record: `${stem}.json` };
}

/** All retired daemons of a directory, whether they live or not, the longest retired first. */
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
    // It ended just now, or somebody else wrote there.
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Waits for the token of a retired daemon, which is there once nobody relays to the daemon any more.
 *
 * @returns Whether it came in time.
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

/** Removes what a retired daemon leaves behind, also what it had only begun to write when it was killed. */
export async function removeRetiredFiles({ directory, socket, token, record }: RetiredFiles): Promise<void> {
  if (!await isThere(directory)) return;
  for (const path of [token, record]) await removeTemporaries(path);
  for (const path of [token, socket, record]) await removeIfThere(path);
}
