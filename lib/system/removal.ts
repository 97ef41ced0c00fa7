/**
 * Removing a tree that somebody names by a path: the path is resolved once, and the very string that
 * is checked is the one that is removed. A symlink at its end is never followed.
 *
 * @module
 */

import { ClaustrumError } from "./claustrum_error.ts";
import { errnoCode } from "./errno.ts";
import { cleanPath } from "./path_text.ts";

/** The longest path that the kernel takes, in bytes. */
const MAX_PATH_LENGTH = 4096;

/** Everything that a path may stand for. */
export interface Place {
  /** The paths: as written and cleaned, and as the kernel resolves them. All are absolute. */
  readonly paths: readonly string[];
  /** Device and inode of what is there. A bind mount and a file system that ignores case give it more names than one. */
  readonly own: ReadonlySet<string>;
  /** The same of it and of all directories above it. */
  readonly chain: ReadonlySet<string>;
}

/** A tree that is to be removed. */
export interface RemovalTarget extends Place {
  /** What is removed: absolute, without symlinks among its parents. Its last part may be a symlink, which is unlinked. */
  readonly path: string;
  /** Whether a `..` behind a symlink leads the kernel elsewhere than the path says as it is written. */
  readonly isAmbiguous: boolean;
}

/**
 * Finds out what a path stands for.
 *
 * @param path A path; a relative one starts in the current directory.
 */
export async function placeOf(path: string): Promise<Place> {
  return await placeOfAll([cleanPath(absolutePath(path)), await kernelPath(path)]);
}

/**
 * Resolves the path of a tree that is to be removed.
 *
 * @param path A path; a relative one starts in the current directory. Slashes and dots at its end change
 * nothing, and `..` takes back the part before it as it is written. What the kernel makes of the path is
 * among the `paths` to check as well.
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

/** Whether a place is another one, or a directory somewhere above it. */
export function isOrContains(outer: Place, inner: Place): boolean {
  const isNamed = outer.paths.some((path) => inner.paths.some((below) => contains(path, below)));
  return isNamed || !outer.own.isDisjointFrom(inner.chain);
}

/** Whether a place is the home directory or contains it; false when that is not known. */
export async function isOrContainsHome(place: Place, home: string | undefined): Promise<boolean> {
  return home !== undefined && home !== "" && isOrContains(place, await placeOf(home));
}

/** Whether one path is the other or lies above it; both are clean. */
export function contains(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith("/") ? outer : `${outer}/`);
}

/**
 * Removes a tree, or the symlink that is there instead.
 *
 * @throws {Deno.errors.NotFound} If there is nothing.
 * @throws {Error} If it cannot be removed, or if a directory above it is no longer the one that was checked.
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
    super(`${path} has been replaced by a symlink meanwhile`);
  }
}

/** The directory that a path lies in; both are clean. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? path : path.slice(0, slash) || "/";
}

/**
 * Where the kernel arrives when it follows every symlink of a path. What is not there, or may not be
 * looked at, stays as it is written.
 *
 * @param path A path; a relative one, or an empty one, starts in the current directory.
 */
export async function kernelPath(path: string): Promise<string> {
  const whole = absolutePath(path);
  const real = await realPath(whole);
  if (real !== undefined) return real;
  const parts = partsOf(whole);
  // The kernel takes no such path, and asking it about each part would take minutes.
  if (parts.length > MAX_PATH_LENGTH / 2) return cleanPath(whole);
  let at = rootOf(whole);
  for (const part of parts) {
    if (part === "..") at = parentOf(at);
    else at = await realPath(join(at, part)) ?? join(at, part);
  }
  return at;
}

/** The same, but a symlink at the end is not followed. */
async function entryOf(path: string): Promise<string> {
  const parts = partsOf(path);
  const name = parts.at(-1);
  if (name === undefined || name === "..") return await kernelPath(path);
  return join(await kernelPath(rootOf(path) + parts.slice(0, -1).join("/")), name);
}

/** What a path starts with before its first part: on Windows that is the drive, a part like others. */
function rootOf(path: string): string {
  return path.startsWith("/") ? "/" : "";
}

/** The parts that lead anywhere. */
function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function join(directory: string, name: string): string {
  return directory === "" || directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

function absolutePath(path: string): string {
  return path.startsWith("/") || Deno.build.os === "windows" ? path : `${Deno.cwd()}/${path}`;
}

async function realPath(path: string): Promise<string | undefined> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
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
