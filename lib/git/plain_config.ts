/**
 * Telling without a git that a repository's own configuration switches on nothing that runs a
 * program: the common case, which saves every look at a repository one git.
 *
 * @module
 */

import { errnoCode } from "../system/errno.ts";

/** What may bring in a filter: one of its own, or another file of configuration. */
const MAY_DEFINE_FILTERS = /filter|include|worktreeconfig/i;
/** A HEAD that git takes a directory for a repository by. */
const VALID_HEAD = /^(?:ref: refs\/[!-~]+|[0-9a-f]{40}|[0-9a-f]{64})\n$/;
/** Variables that make git look elsewhere than around the directory it works in. */
const REDIRECTIONS = ["GIT_DIR", "GIT_COMMON_DIR"];

/**
 * Whether git, working in a directory, surely finds a repository whose own configuration defines no filter.
 *
 * @returns `false` also when that cannot be told: git itself has to be asked then.
 */
export async function hasPlainConfig(directory: string): Promise<boolean> {
  if (REDIRECTIONS.some((name) => Deno.env.has(name))) return false;
  try {
    return await isPlain(await Deno.realPath(directory || "."));
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return false;
  }
}

/** Looks upwards as git does, and gives up at whatever is not a plain repository or no repository at all. */
async function isPlain(start: string): Promise<boolean> {
  for (let at = start;; at = at.slice(0, at.lastIndexOf("/")) || "/") {
    const found = await infoOf(`${at}/.git`);
    if (found !== undefined) return found.isDirectory && await isPlainRepository(`${at}/.git`);
    // A repository without a work tree may have any name; it is not told apart here.
    if (at === "/" || await infoOf(`${at}/HEAD`) !== undefined) return false;
  }
}

/** Where git would refuse the directory and look further up, this is `false`, too. */
async function isPlainRepository(git: string): Promise<boolean> {
  const [head, config, common, ...needed] = await Promise.all([
    Deno.readTextFile(`${git}/HEAD`),
    Deno.readTextFile(`${git}/config`),
    infoOf(`${git}/commondir`),
    Deno.lstat(`${git}/HEAD`),
    Deno.lstat(`${git}/objects`),
    Deno.lstat(`${git}/refs`),
  ]);
  const [headInfo, ...directories] = needed;
  return headInfo.isFile && directories.every(mayEnter) && common === undefined && VALID_HEAD.test(head) &&
    !MAY_DEFINE_FILTERS.test(config);
}

function mayEnter({ isDirectory, mode, uid }: Deno.FileInfo): boolean {
  const isOurs = uid === null || uid === Deno.uid();
  return isDirectory && isOurs && ((mode ?? 0o100) & 0o100) !== 0;
}

async function infoOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
