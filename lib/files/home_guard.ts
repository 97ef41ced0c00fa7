/**
 * Keeping what wipes and deletes away from the wrong places (wire 1.2 and 1.3).
 *
 * @module
 */

import { errnoCode } from "../system/errno.ts";
import { cleanPath } from "../system/path_text.ts";

/**
 * Whether a path is a directory that must stay, or contains it; told both as the paths are written
 * and with the symlinks among their parents resolved.
 *
 * @param path An absolute path; the last part of it is not followed.
 * @param kept The directory that must stay; nothing is kept when it is unknown.
 */
export async function isOrContains(path: string, kept: string | undefined): Promise<boolean> {
  if (kept === undefined || kept === "") return false;
  const paths = [cleanPath(path), await resolveParents(path)];
  const keeps = [cleanPath(kept), await resolveAll(kept)];
  return paths.some((outer) => keeps.some((inner) => contains(outer, inner)));
}

/** Whether the one path is the other or lies above it; both clean. */
export function contains(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith("/") ? outer : `${outer}/`);
}

/** Resolves the symlinks among a path's parents; the last part stays as it is, and so does what is not there. */
export async function resolveParents(path: string): Promise<string> {
  const clean = cleanPath(path);
  const slash = clean.lastIndexOf("/");
  if (slash < 0 || clean === "/") return clean;
  const parent = await resolveAll(clean.slice(0, slash) || "/");
  return cleanPath(`${parent}/${clean.slice(slash + 1)}`);
}

async function resolveAll(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    const clean = cleanPath(path);
    // What is not there, or not to be seen, has nothing to resolve; its parents may.
    return clean === "/" || !clean.includes("/") ? clean : await resolveParents(clean);
  }
}
