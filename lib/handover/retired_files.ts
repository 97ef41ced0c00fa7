/**
 * Where a daemon that has retired is found: files of its own in a directory beside the public
 * socket, named after its instance.
 *
 * @module
 */

import { isThere, removeIfThere } from "../system/private_files.ts";

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

/**
 * The files of an instance.
 *
 * @param directory The directory of the public socket.
 */
export function retiredFiles(directory: string, instanceId: string): RetiredFiles {
  // A whole id would take a third of the room that a socket's path has.
  const stem = `${directory}/retired/${instanceId.slice(0, NAME_LENGTH)}`;
  return { directory: `${directory}/retired`, socket: stem, token: `${stem}.token`, record: `${stem}.json` };
}

/** All retired daemons beside a public socket, whether they live or not, the longest retired first. */
export async function retiredDaemons(directory: string): Promise<RetiredDaemon[]> {
  const found: RetiredDaemon[] = [];
  if (!await isThere(`${directory}/retired`)) return found;
  for await (const { name } of Deno.readDir(`${directory}/retired`)) {
    const record = name.endsWith(".json") ? await readRecord(`${directory}/retired/${name}`) : undefined;
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

/** Removes what a retired daemon leaves behind. */
export async function removeRetiredFiles({ socket, token, record }: RetiredFiles): Promise<void> {
  for (const path of [token, socket, record]) await removeIfThere(path);
}
