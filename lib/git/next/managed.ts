/**
 * Whether a directory lies where work trees of sessions are kept: no repository there is taken for one of its own
 * (contract: Git methods of next).
 *
 * @module
 */

import { errnoCode } from "../../system/errno.ts";
import { cleanPath } from "../../system/path_text.ts";
import { parentOf } from "../../system/removal.ts";
import { tryLstat } from "../../system/try_stat.ts";

/** The file that marks a directory of work trees outside of their repository. */
export const MARKER = ".claude-managed-worktrees";
/** Matches a path beneath the directory of work trees inside a repository. */
const BENEATH_WORKTREES = /\/\.claude\/worktrees\/./;

/** Whether a directory is beneath a directory of work trees, or this cannot be found out. */
export async function isManaged(directory: string): Promise<boolean> {
  const written = cleanPath(directory.startsWith("/") ? directory : `${Deno.cwd()}/${directory}`);
  let resolved = written;
  try {
    resolved = await Deno.realPath(written);
  } catch (error) {
    const code = errnoCode(error);
    if (code === undefined) throw error;
    // What does not exist is no repository either; what cannot be inspected cannot be trusted.
    if (code !== "ENOENT" && code !== "ENOTDIR") return true;
  }
  for (const path of new Set([written, resolved])) {
    if (BENEATH_WORKTREES.test(path) || await isBeneathMarker(path)) return true;
  }
  return false;
}

async function isBeneathMarker(path: string): Promise<boolean> {
  for (let at = path, above = parentOf(at); above !== at; at = above, above = parentOf(at)) {
    if (await tryLstat(`${above}/${MARKER}`) !== undefined && await tryLstat(`${above}/.git`) === undefined) {
      return true;
    }
  }
  return false;
}
