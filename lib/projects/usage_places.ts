/**
 * Where the transcripts of a project are.
 *
 * @module
 */

import { transcriptDirectory } from "../claude_home/transcript.ts";
import { errnoCode } from "../system/errno.ts";

/** The directory below a project in which work trees of sessions are made. */
const WORKTREES = "/.claude/worktrees/";

/**
 * Returns the directories with transcripts of a project: its own, and those of the work trees of its sessions.
 *
 * @param path The directory of the project, absolute and without symlinks.
 */
export async function transcriptPlaces(home: string, path: string): Promise<string[]> {
  const own = transcriptDirectory(home, path);
  const parent = own.slice(0, own.lastIndexOf("/"));
  const worktrees = transcriptDirectory(home, `${path}${WORKTREES}`).slice(parent.length + 1);
  try {
    const names = (await Array.fromAsync(Deno.readDir(parent))).map(({ name }) => name);
    return [own, ...names.filter((name) => name.startsWith(worktrees)).sort().map((name) => `${parent}/${name}`)];
  } catch (error) {
    if (errnoCode(error) === "ENOENT" || errnoCode(error) === "ENOTDIR") return [own];
    throw error;
  }
}
