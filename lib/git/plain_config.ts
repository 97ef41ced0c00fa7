/**
 * Reading a repository's own configuration without a git, where it is plain and brings in nothing
 * else: the common case, which saves every look at a repository one git.
 *
 * @module
 */

import { errnoCode } from "../system/errno.ts";
import { readRegularFile } from "../system/regular_file.ts";

/** More than a configuration or a HEAD has, in bytes; git reads what is larger. */
const MAX_FILE_BYTES = 64 << 10;

/** What may bring in a filter: one of its own, or another file of configuration. */
const MAY_DEFINE_FILTERS = /filter|include|worktreeconfig/i;
/** A HEAD that git takes a directory for a repository by. */
const VALID_HEAD = /^(?:ref: refs\/[!-~]+|[0-9a-f]{40}|[0-9a-f]{64})\n$/;
/** Variables that make git look elsewhere than around the directory it works in, or take more than it finds. */
const REDIRECTIONS = ["GIT_DIR", "GIT_COMMON_DIR", "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"];

/**
 * The configuration of the repository that git, working in a directory, surely finds; it defines no
 * filter and includes nothing.
 *
 * @returns `undefined` also when that cannot be told: git itself has to be asked then.
 */
export async function plainConfig(directory: string): Promise<string | undefined> {
  if (REDIRECTIONS.some((name) => Deno.env.has(name))) return undefined;
  try {
    return await findPlain(await Deno.realPath(directory || "."));
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}

const ORIGIN = '[remote "origin"]';
/** A value that needs no unquoting, and a comment behind none. */
const URL_LINE = /^url[A-Za-z0-9-]*\s*=\s*([^\s"\\;#]+)$/i;

/**
 * The address of the remote `origin` in a plain configuration, where it is written plainly.
 *
 * @returns `undefined` also when that cannot be told: git itself has to be asked then.
 */
export function plainOrigin(config: string): string | undefined {
  if (config.includes("\\\n")) return undefined;
  let url: string | undefined;
  let isOrigin = false;
  for (const line of config.split("\n").map((text) => text.trim())) {
    if (line.startsWith("[")) {
      isOrigin = line === ORIGIN;
      if (!isOrigin && /origin/i.test(line)) return undefined;
    } else if (isOrigin && /^url/i.test(line)) {
      const value = URL_LINE.exec(line)?.[1];
      if (value === undefined) return undefined;
      // The last one wins; another key may begin with the same letters.
      if (/^url\s*=/i.test(line)) url = value;
    }
  }
  return url;
}

/** Looks upwards as git does, and gives up at whatever is not a plain repository or no repository at all. */
async function findPlain(start: string): Promise<string | undefined> {
  for (let at = start;; at = at.slice(0, at.lastIndexOf("/")) || "/") {
    const found = await infoOf(`${at}/.git`);
    if (found !== undefined) return found.isDirectory ? await readPlain(`${at}/.git`) : undefined;
    // A repository without a work tree may have any name; it is not told apart here.
    if (at === "/" || await infoOf(`${at}/HEAD`) !== undefined) return undefined;
  }
}

/** Where git would refuse the directory and look further up, this is `undefined`, too. */
async function readPlain(git: string): Promise<string | undefined> {
  const [head, config, common, ...directories] = await Promise.all([
    readText(`${git}/HEAD`),
    readText(`${git}/config`),
    infoOf(`${git}/commondir`),
    Deno.lstat(`${git}/objects`),
    Deno.lstat(`${git}/refs`),
  ]);
  if (head === undefined || config === undefined || common !== undefined || !directories.every(mayEnter)) {
    return undefined;
  }
  return VALID_HEAD.test(head) && !MAY_DEFINE_FILTERS.test(config) ? config : undefined;
}

/** The text of a regular file of an ordinary size; `undefined` for anything else, a symlink as well. */
async function readText(path: string): Promise<string | undefined> {
  const bytes = await readRegularFile(path, MAX_FILE_BYTES);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
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
