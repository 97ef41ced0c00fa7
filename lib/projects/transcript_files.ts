/**
 * Finds the transcripts of a project on the disk.
 *
 * @module
 */

import { errnoCode } from "../system/errno.ts";

/** A transcript on the disk. */
export interface Transcript {
  /** Its path. */
  readonly path: string;
  /** The id of its conversation. */
  readonly session: string;
  /** Its size, in bytes. */
  readonly size: number;
  /** When it was changed, in milliseconds since the epoch. */
  readonly modifiedAt: number;
  /** When it was made, in milliseconds since the epoch; where the system does not tell, when it was changed. */
  readonly createdAt: number;
  /** The number that the file system gave it; 0 if there is none. */
  readonly inode: number;
}

/** The codes of errors for files that are not ours to read. */
const UNREADABLE: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "EPERM"]);

/** Whether an error says that a file was removed, or is not ours to read. */
export function isUnreadable(error: unknown): boolean {
  return UNREADABLE.has(errnoCode(error) ?? "");
}

/**
 * Finds the transcripts in a directory: those of conversations, and those of their subagents below.
 *
 * @param place The directory, or a transcript.
 * @throws {Error} If something cannot be read for another reason than that it is missing or not ours.
 */
export async function findTranscripts(place: string): Promise<Transcript[]> {
  if (place.endsWith(".jsonl")) return await look(place).then((found) => found === undefined ? [] : [found]);
  const found: (Transcript | undefined)[] = [];
  for (const { name, isDirectory } of await entriesOf(place)) {
    if (name.endsWith(".jsonl")) found.push(await look(`${place}/${name}`));
    if (!isDirectory) continue;
    for (const agent of await entriesOf(`${place}/${name}/subagents`)) {
      if (agent.name.endsWith(".jsonl")) found.push(await look(`${place}/${name}/subagents/${agent.name}`));
    }
  }
  return found.filter((transcript) => transcript !== undefined);
}

async function entriesOf(directory: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(directory));
  } catch (error) {
    if (isUnreadable(error)) return [];
    throw error;
  }
}

async function look(path: string): Promise<Transcript | undefined> {
  try {
    const { isFile, size, mtime, birthtime, ino } = await Deno.stat(path);
    if (!isFile) return undefined;
    const session = path.slice(path.lastIndexOf("/") + 1, -".jsonl".length);
    const modifiedAt = mtime?.getTime() ?? 0;
    return { path, session, size, modifiedAt, createdAt: birthtime?.getTime() ?? modifiedAt, inode: ino ?? 0 };
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}
