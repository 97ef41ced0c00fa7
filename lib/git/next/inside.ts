/**
 * The checks of the path of a work tree inside its repository, in the contract's order (contract: Git methods of next).
 *
 * @module
 */

import { errnoCode, errnoText } from "../../system/errno.ts";
import { goQuote } from "../../system/quote.ts";
import { cleanPath } from "../../system/path_text.ts";
import { contains, parentOf } from "../../system/removal.ts";
import { tryRealPath } from "../../system/try_stat.ts";
import type { Refused } from "../refusal_texts.ts";
import { PATH_TEXTS, WHOLE_TEXTS } from "./texts.ts";
import { refusal, WorktreeRefusal } from "./worktree_refusal.ts";

/** A path that passed the checks. */
export interface CheckedPath {
  /** The path with all symlinks above its last part resolved. */
  readonly path: string;
  /** Whether it lies beneath `.claude/worktrees` of the directory it was checked against. */
  readonly isSessionPlace: boolean;
}

/**
 * Checks that a path is absolute and leads nowhere by `..`.
 *
 * @throws {WorktreeRefusal} If it does not pass.
 */
export function checkWritten(path: string, what: Refused): void {
  if (!path.startsWith("/")) throw refusal(what, PATH_TEXTS.P1(path));
  if (path.split("/").includes("..")) throw refusal(what, PATH_TEXTS.P2(path));
}

/**
 * Checks that a path is inside a repository, and that no symlink leads out of it on the way.
 *
 * @throws {WorktreeRefusal} If it does not pass.
 */
export async function checkInside(path: string, baseRepo: string, what: Refused): Promise<CheckedPath> {
  checkWritten(path, what);
  const clean = cleanPath(path);
  const real = await tryRealPath(baseRepo || ".");
  const bases = [cleanPath(baseRepo || "."), ...(real === undefined ? [] : [real])];
  const base = bases.find((candidate) => candidate !== clean && contains(candidate, clean));
  if (base === undefined) throw refusal(what, PATH_TEXTS.P3(path, baseRepo));
  const names = clean.slice(base === "/" ? 1 : base.length + 1).split("/");
  if (names[0]!.toLowerCase() === ".git") {
    throw new WorktreeRefusal("unsafe_path", `worktreePath must not lie in the git directory: ${goQuote(path)}`);
  }
  let at = base;
  for (const name of names.slice(0, -1)) {
    at = at === "/" ? `/${name}` : `${at}/${name}`;
    if ((await linkInfo(at))?.isSymlink) throw refusal(what, PATH_TEXTS.P4(at), "symlinked_component");
  }
  const isSessionPlace = names.length > 2 && names[0] === ".claude" && names[1] === "worktrees";
  const resolvedBase = real ?? base;
  return { path: `${resolvedBase === "/" ? "" : resolvedBase}/${names.join("/")}`, isSessionPlace };
}

/**
 * Checks that nothing is at the path of a new work tree, and that its parents can be directories.
 *
 * @throws {WorktreeRefusal} If it does not pass.
 */
export async function checkFresh(path: string): Promise<void> {
  if (await linkInfo(path) !== undefined) throw refusal("create", PATH_TEXTS.P5(path));
  for (let at = parentOf(path); at !== parentOf(at); at = parentOf(at)) {
    const info = await statInfo(at);
    if (info === undefined) continue;
    if (info.isDirectory) return;
    throw new WorktreeRefusal("mkdir_failed", WHOLE_TEXTS.notADirectory(at));
  }
}

/** Makes the missing directories above a path. */
export async function makeParents(path: string, mode: number): Promise<void> {
  try {
    await Deno.mkdir(parentOf(path), { recursive: true, mode });
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new WorktreeRefusal("mkdir_failed", `failed to create parent directory: ${errnoText(error)}`);
  }
}

/** Returns facts about what is at a path itself; `undefined` if nothing is. */
export async function linkInfo(path: string): Promise<Deno.FileInfo | undefined> {
  return await orMissing(() => Deno.lstat(path));
}

/** Returns facts about where a path leads; `undefined` if that does not exist. */
export async function statInfo(path: string): Promise<Deno.FileInfo | undefined> {
  return await orMissing(() => Deno.stat(path));
}

async function orMissing(inspect: () => Promise<Deno.FileInfo>): Promise<Deno.FileInfo | undefined> {
  try {
    return await inspect();
  } catch (error) {
    const code = errnoCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === undefined) throw error;
    throw new WorktreeRefusal("mkdir_failed", `failed to inspect the path: ${errnoText(error)}`);
  }
}
