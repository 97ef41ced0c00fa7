/**
 * The directory of the daemon's files: this user's alone, or it is not used (contract: Daemon life).
 *
 * @module
 */

import { errnoCode, errnoText } from "../../system/errno.ts";
import { ServeError } from "../serve_error.ts";
import { isPermissionMissing, tryGetEnv } from "../../system/permissions.ts";
import { isThere } from "../../system/private_files.ts";
import { shellQuote } from "../../system/quote.ts";

const WRITABLE_BY_OTHERS = 0o022;
const WRITABLE_BY_ALL = 0o002;

/** Others may add to such a directory, but not replace what is in it. */
const STICKY = 0o1000;
/** What is made in such a directory belongs to its group, as where several users work together. */
const SET_GROUP_ID = 0o2000;
/** Whom the system puts in the place of a user that it has no number for, as for root itself in some containers. */
const NOBODY = 65_534;

/** Who uses a directory, and which places are theirs alone. */
export interface DirectoryUser {
  /** The id of the user; `null` where there is none. */
  readonly uid: number | null;
  /** The user's home. */
  readonly home?: string | undefined;
  /** Where the system has the user's sockets. */
  readonly runtimeDirectory?: string | undefined;
}

type Owned = Pick<Deno.FileInfo, "uid" | "mode">;

/** The user that runs this program. */
export function thisUser(): DirectoryUser {
  return {
    uid: Deno.build.os === "windows" ? null : Deno.uid(),
    home: tryGetEnv("HOME"),
    runtimeDirectory: tryGetEnv("XDG_RUNTIME_DIR"),
  };
}

/**
 * Makes a directory for this user only, or checks the one that is there.
 *
 * @throws {ServeError} If it cannot be made, belongs to somebody else, or others may write or replace it; with what
 * to do about it.
 */
export async function preparePrivateDirectory(path: string): Promise<void> {
  let info: Deno.FileInfo;
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    info = await Deno.stat(path);
  } catch (error) {
    throw new ServeError(`mkdir ${path}: ${await mkdirProblem(path, error)}`, { cause: error });
  }
  if (Deno.build.os === "windows") return;
  const user = thisUser();
  const problem = directoryProblem(path, info, user) ?? await waysProblem(path, user);
  if (problem !== undefined) throw new ServeError(problem);
}

async function mkdirProblem(path: string, error: unknown): Promise<string> {
  if (isPermissionMissing(error)) return errnoText(error);
  const text = error instanceof Deno.errors.AlreadyExists ? "not a directory" : errnoText(error);
  return `${text}: ${chooseAnother(await nearestThere(path), thisUser())}`;
}

/** The part of a path that is there, and so is what keeps the rest from being made. */
async function nearestThere(path: string): Promise<string> {
  for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    try {
      if (await isThere(at)) return at;
    } catch (error) {
      if (errnoCode(error) === undefined) throw error; // it is in a directory that may not be searched
    }
  }
  return "/";
}

/** What is wrong with the directories above one: whoever may rename what is in them may put another in its place. */
export async function waysProblem(path: string, user: DirectoryUser): Promise<string | undefined> {
  let at = await Deno.realPath(path);
  while (at !== "/") {
    at = at.slice(0, at.lastIndexOf("/")) || "/";
    const problem = wayProblem(at, path, await Deno.stat(at), user);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function wayProblem(at: string, path: string, { uid, mode }: Owned, user: DirectoryUser): string | undefined {
  const isForeign = uid !== null && ![0, NOBODY, user.uid].includes(uid);
  if (isForeign) return `${at} belongs to user ${uid}, who may replace ${path}: ${chooseAnother(at, user)}`;
  const isOpen = ((mode ?? 0) & WRITABLE_BY_ALL) !== 0 && ((mode ?? 0) & STICKY) === 0;
  if (!isOpen) return undefined;
  const advice = mayNarrow(at, { uid, mode }, user) ? `chmod o-w ${shellQuote(at)}` : chooseAnother(at, user);
  return `${at} is writable by everybody, who may replace ${path}: ${advice}`;
}

/** What is wrong with a directory, and what to do about it; `undefined` when nothing is. */
export function directoryProblem(path: string, { uid, mode }: Owned, user: DirectoryUser): string | undefined {
  // Each user may have a directory of their own in such a one.
  const isShared = ((mode ?? 0) & STICKY) !== 0;
  const another = () => chooseAnother(path, user, isShared);
  if (uid !== null && user.uid !== null && uid !== user.uid) {
    return `${path} belongs to user ${uid} and you are ${user.uid}: ${another()}`;
  }
  if (((mode ?? 0) & WRITABLE_BY_OTHERS) === 0) return undefined;
  const advice = mayNarrow(path, { uid, mode }, user) ? `chmod go-w ${shellQuote(path)}` : another();
  return `${path} is writable by others: ${advice}`;
}

/** Whether it harms nobody when others may not write to a directory any more: it is the user's own, and not shared. */
function mayNarrow(path: string, { uid, mode }: Owned, { uid: me, home, runtimeDirectory }: DirectoryUser): boolean {
  if (me === null || uid !== me || ((mode ?? 0) & (STICKY | SET_GROUP_ID)) !== 0) return false;
  const real = resolve(path);
  return (isPlace(home) && contains(resolve(home), real)) ||
    (isPlace(runtimeDirectory) && resolve(runtimeDirectory) !== real && contains(resolve(runtimeDirectory), real));
}

/**
 * Names a place of the user's own that is not the directory that cannot be used.
 *
 * @param mayBeBelow Whether the place may be below that directory.
 */
function chooseAnother(unusable: string, { home, runtimeDirectory }: DirectoryUser, mayBeBelow = false): string {
  const places = [
    ...(isPlace(runtimeDirectory) ? [`${resolve(runtimeDirectory)}/claustrum`] : []),
    ...(isPlace(home) ? [`${resolve(home)}/.claude/remote`, `${resolve(home)}/.claustrum`] : []),
  ];
  const real = resolve(unusable);
  const place = places.find((place) => mayBeBelow ? place !== real : !contains(real, place));
  return place === undefined ? "choose another --socket" : `choose another --socket, like ${place}/rpc.sock`;
}

/** Some users have no home, or the root of the file system. */
function isPlace(path: string | undefined): path is string {
  return path !== undefined && path.length > 1;
}

function contains(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith("/") ? outer : `${outer}/`);
}

/** A path without symlinks, as far as it is there. */
function resolve(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return path;
  }
}
