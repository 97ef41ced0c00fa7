/**
 * The checks of a directory of work trees outside of their repository, in the contract's order (contract: Git methods of
 * next). A session must not be able to reach it, and nobody else may write to it.
 *
 * @module
 */

import { errnoCode } from "../../system/errno.ts";
import { cleanPath } from "../../system/path_text.ts";
import { contains, kernelPath, parentOf } from "../../system/removal.ts";
import { tryRealPath } from "../../system/try_stat.ts";
import { worktreeEntries } from "./entries.ts";
import { type Account, modeText, otherWriters } from "./group.ts";
import { checkWritten, linkInfo, statInfo } from "./inside.ts";
import { MARKER } from "./managed.ts";
import type { Refused } from "../refusal_texts.ts";
import { ROOT_TEXTS } from "./texts.ts";
import type { FoundRepository } from "./walk.ts";
import { refusal } from "./worktree_refusal.ts";

/** The paths of a request with a directory of its own, as they were sent. */
export interface OutsideSpec {
  readonly baseRepo: string;
  readonly worktreePath: string;
  readonly worktreeRoot: string;
}

/** The user who asks. */
export interface Caller extends Account {
  /** The id of the user; `undefined` if the system has none. */
  readonly uid: number | undefined;
}

/** A place that passed the checks. */
export interface OutsidePlace {
  /** The directory of all work trees, with symlinks resolved. */
  readonly root: string;
  /** The directory of this repository's work trees below it. */
  readonly directory: string;
  /** The path of the work tree. */
  readonly path: string;
}

const STICKY = 0o1000;
const SYSTEM_UID = 0;

/** Finds out who asks. */
export async function thisCaller(): Promise<Caller> {
  const [passwd, group] = await Promise.all([textOrNone("/etc/passwd"), textOrNone("/etc/group")]);
  return { uid: Deno.uid() ?? undefined, gid: Deno.gid() ?? undefined, passwd, group };
}

/**
 * Checks the place up to the repository's own checkouts; a removal needs no more.
 *
 * @throws {WorktreeRefusal} If it does not pass.
 */
export async function checkOutside(
  { baseRepo, worktreePath, worktreeRoot }: OutsideSpec,
  repository: FoundRepository | undefined,
  what: Refused,
  caller: Caller,
): Promise<OutsidePlace> {
  if (Deno.build.os === "windows") throw refusal(what, ROOT_TEXTS.R14(worktreeRoot));
  for (const path of [worktreeRoot, worktreePath, baseRepo]) checkWritten(path, what);
  const [root, path] = [cleanPath(worktreeRoot), cleanPath(worktreePath)];
  const names = root !== path && contains(root, path) ? path.slice(root === "/" ? 1 : root.length + 1).split("/") : [];
  if (names.length !== 2) throw refusal(what, ROOT_TEXTS.R1(worktreePath, worktreeRoot));
  if (root === "/") throw refusal(what, ROOT_TEXTS.R13());
  const repos = [cleanPath(baseRepo), await tryRealPath(baseRepo) ?? cleanPath(baseRepo)];
  if (repos.some((repo) => contains(repo, root))) throw refusal(what, ROOT_TEXTS.R2(worktreeRoot, baseRepo));
  const real = await kernelPath(root);
  for (const directory of new Set([...above(root), ...above(real)])) {
    const problem = await passageProblem(directory, worktreeRoot, caller);
    if (problem !== undefined) throw refusal(what, problem);
  }
  if (repository !== undefined) await checkApart(repository, real, { baseRepo, worktreeRoot }, what);
  const directory = `${real}/${names[0]}`;
  return { root: real, directory, path: `${directory}/${names[1]}` };
}

/** Checks that a directory does not lead into the repository or one of its work trees. */
async function checkApart(
  { root: top, commonDir }: FoundRepository,
  real: string,
  { baseRepo, worktreeRoot }: Pick<OutsideSpec, "baseRepo" | "worktreeRoot">,
  what: Refused,
): Promise<void> {
  const checkouts = [top, ...(commonDir.endsWith("/.git") ? [parentOf(commonDir)] : []), commonDir];
  const at = checkouts.filter((checkout) => contains(checkout, real)).sort((a, b) => a.length - b.length)[0];
  if (at !== undefined) throw refusal(what, ROOT_TEXTS.R3(worktreeRoot, baseRepo, at));
  for (const { tree } of await worktreeEntries(commonDir)) {
    const place = await tryRealPath(tree) ?? tree;
    if (contains(place, real)) throw refusal(what, ROOT_TEXTS.R4(worktreeRoot, place, baseRepo));
  }
}

/**
 * Checks the place of a new work tree, after {@linkcode checkOutside}.
 *
 * @throws {WorktreeRefusal} If it does not pass.
 */
export async function checkNewPlace(place: OutsidePlace, worktreeRoot: string, caller: Caller): Promise<void> {
  const { root, directory } = place;
  for (const at of [root, ...above(root).reverse()]) {
    if (await linkInfo(`${at}/.git`) !== undefined) throw refusal("create", ROOT_TEXTS.R7(worktreeRoot, at));
  }
  const info = await statInfo(root);
  if (info !== undefined) {
    const { uid } = caller;
    if (uid !== undefined && info.uid !== null && info.uid !== uid) {
      throw refusal("create", ROOT_TEXTS.R8(worktreeRoot, info.uid, uid));
    }
    const who = otherWriters(modeOf(info), caller);
    if (who !== undefined) throw refusal("create", ROOT_TEXTS.R9(worktreeRoot, who, modeText(info.mode ?? 0)));
  }
  await checkDirectory(directory, "create");
  if (await linkInfo(`${directory}/.git`) !== undefined) throw refusal("create", ROOT_TEXTS.R11(directory));
  const other = await unmarkedFile(directory);
  if (other !== undefined) throw refusal("create", ROOT_TEXTS.R12(directory, other));
}

/** Checks that the directory of a repository's work trees is no symlink. */
export async function checkDirectory(directory: string, what: Refused): Promise<void> {
  if ((await linkInfo(directory))?.isSymlink) throw refusal(what, ROOT_TEXTS.R10(directory), "symlinked_component");
}

/** Makes the directories of a new work tree, and marks the one of its repository. */
export async function prepareDirectory({ directory }: OutsidePlace): Promise<void> {
  await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    using _marker = await Deno.open(`${directory}/${MARKER}`, { write: true, createNew: true, mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** Returns the first name in a directory that is not marked; `undefined` if it is marked, empty or missing. */
async function unmarkedFile(directory: string): Promise<string | undefined> {
  if ((await linkInfo(`${directory}/${MARKER}`))?.isFile) return undefined;
  try {
    const names = await Array.fromAsync(Deno.readDir(directory), ({ name }) => name);
    return names.sort()[0];
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined; // making it, or the work tree in it, will tell
  }
}

async function passageProblem(directory: string, worktreeRoot: string, caller: Caller): Promise<string | undefined> {
  const info = await statInfo(directory);
  if (info === undefined) return undefined;
  const mode = info.mode ?? 0;
  const who = (mode & STICKY) === 0 ? otherWriters(modeOf(info), caller) : undefined;
  if (who !== undefined) return ROOT_TEXTS.R5(worktreeRoot, directory, who, modeText(mode));
  const isForeign = info.uid !== null && info.uid !== caller.uid && info.uid !== SYSTEM_UID;
  return isForeign && caller.uid !== undefined ? ROOT_TEXTS.R6(worktreeRoot, directory, info.uid!) : undefined;
}

function modeOf({ mode, gid }: Deno.FileInfo): { mode: number; gid: number } {
  return { mode: mode ?? 0, gid: gid ?? -1 };
}

/** The directories above a path, the outermost first. */
function above(path: string): string[] {
  const directories: string[] = [];
  for (let at = parentOf(path), below = path; at !== below; below = at, at = parentOf(at)) directories.unshift(at);
  return directories;
}

async function textOrNone(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return "";
  }
}
