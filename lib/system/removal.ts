/**
 * Removing a tree whose path comes from a client. The path is resolved once, and exactly the string that is checked
 * is removed. A symlink at the end of the path is never followed.
 *
 * @module
 */

import { ClaustrumError } from "./claustrum_error.ts";
import { errnoCode } from "./errno.ts";
import { cleanPath } from "./path_text.ts";
import { tryRealPath } from "./try_stat.ts";

/** The longest path that the kernel accepts, in bytes. */
const MAX_PATH_LENGTH = 4096;

/** All the files and directories that a path may refer to. */
export interface Place {
  /** The path as written and cleaned, and as the kernel resolves it. All are absolute. */
  readonly paths: readonly string[];
  /** The device and inode of the file. With a bind mount or a case-insensitive file system, one file has several names. */
  readonly own: ReadonlySet<string>;
  /** The device and inode of the file and of all directories above it. */
  readonly chain: ReadonlySet<string>;
}

/** A tree that is to be removed. */
export interface RemovalTarget extends Place {
  /** The path to remove: absolute, with no symlink among its parents. If its last part is a symlink, that is unlinked. */
  readonly path: string;
  /** Whether a `..` after a symlink leads the kernel to a different place than the written path suggests. */
  readonly isAmbiguous: boolean;
}

/**
 * Finds out what a path refers to.
 *
 * @param path A path; a relative one starts in the current directory.
 */
export async function placeOf(path: string): Promise<Place> {
  return await placeOfAll([cleanPath(absolutePath(path)), await kernelPath(path)]);
}

/**
 * Resolves the path of a tree that is to be removed.
 *
 * @param path A path; a relative one starts in the current directory. Slashes and dots at its end are ignored, and
 * `..` cancels the written part before it. The `paths` to check also include the path as the kernel resolves it.
 */
export async function removalTarget(path: string): Promise<RemovalTarget> {
  const raw = absolutePath(path);
  const clean = cleanPath(raw);
  const [written, followed, ...resolved] = await Promise.all([
    entryOf(clean),
    entryOf(raw),
    kernelPath(clean),
    kernelPath(raw),
  ]);
  const place = await placeOfAll([clean, written, followed, ...resolved]);
  return { ...place, path: written, isAmbiguous: written !== followed };
}

/** Whether one place is the other, or a directory above it. */
export function isOrContains(outer: Place, inner: Place): boolean {
  const isNamed = outer.paths.some((path) => inner.paths.some((below) => contains(path, below)));
  return isNamed || !outer.own.isDisjointFrom(inner.chain);
}

/** Whether a place is or contains the home directory; false if that directory is unknown. */
export async function isOrContainsHome(place: Place, home: string | undefined): Promise<boolean> {
  return home !== undefined && home !== "" && isOrContains(place, await placeOf(home));
}

/** Whether one path is the other, or a directory above it; both are clean. */
export function contains(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith("/") ? outer : `${outer}/`);
}

/**
 * Removes a tree, or a symlink in its place.
 *
 * @throws {Deno.errors.NotFound} If the path does not exist.
 * @throws {ReplacedError} If a directory above it has been replaced by a symlink since the check.
 * @throws {Error} If it cannot be removed.
 */
export async function removeTarget({ path }: Pick<RemovalTarget, "path">): Promise<void> {
  const parent = parentOf(path);
  if (await Deno.realPath(parent) !== parent) throw new ReplacedError(parent);
  await Deno.remove(path, { recursive: true });
}

/** A directory was replaced by a symlink after its path was checked. */
export class ReplacedError extends ClaustrumError {
  /** @param path The directory. */
  constructor(path: string) {
    super(`${path} has been replaced by a symlink in the meantime`);
  }
}

/** Returns the directory of a path; both are clean. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? path : path.slice(0, slash) || "/";
}

/**
 * Returns the path that the kernel reaches when it follows every symlink. Parts that do not exist, or cannot be
 * inspected, stay as written.
 *
 * @param path A path; a relative one, or an empty one, starts in the current directory.
 */
export async function kernelPath(path: string): Promise<string> {
  const whole = absolutePath(path);
  const real = await tryRealPath(whole);
  if (real !== undefined) return real;
  const parts = partsOf(whole);
  // The kernel rejects a path this long, and asking it about each part would take minutes.
  if (parts.length > MAX_PATH_LENGTH / 2) return cleanPath(whole);
  let at = rootOf(whole);
  for (const part of parts) {
    if (part === "..") at = parentOf(at);
    else at = await tryRealPath(join(at, part)) ?? join(at, part);
  }
  return at;
}

/** Like {@linkcode kernelPath}, but does not follow a symlink at the end. */
async function entryOf(path: string): Promise<string> {
  const parts = partsOf(path);
  const name = parts.at(-1);
  if (name === undefined || name === "..") return await kernelPath(path);
  return join(await kernelPath(rootOf(path) + parts.slice(0, -1).join("/")), name);
}

/** The root of a path. On Windows it is empty: the drive is a part like the others. */
function rootOf(path: string): string {
  return path.startsWith("/") ? "/" : "";
}

/** The parts of a path, without empty ones and `.`. */
function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function join(directory: string, name: string): string {
  return directory === "" || directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

function absolutePath(path: string): string {
  return path.startsWith("/") || Deno.build.os === "windows" ? path : `${Deno.cwd()}/${path}`;
}

async function placeOfAll(paths: readonly string[]): Promise<Place> {
  const own = new Set<string>();
  const chain = new Set<string>();
  const names = new Set(paths);
  const ancestors = new Set([...names].flatMap(chainOf));
  await Promise.all([...ancestors].map(async (path) => {
    const identity = await identityOf(path);
    if (identity === undefined) return;
    chain.add(identity);
    if (names.has(path)) own.add(identity);
  }));
  return { paths: [...names], own, chain };
}

/** A path and all directories above it. */
function chainOf(path: string): string[] {
  if (path.length > MAX_PATH_LENGTH) return [];
  const chain = [path];
  for (let at = path, parent = parentOf(at); parent !== at; at = parent, parent = parentOf(at)) chain.push(parent);
  return chain;
}

async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await Deno.stat(path);
    // Some file systems have no inodes.
    return ino === null || ino === 0 ? undefined : `${dev}:${ino}`;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}
