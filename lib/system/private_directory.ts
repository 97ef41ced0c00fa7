/**
 * The directory of a daemon's or a hub's files, which only its own user may be able to change (contract: Daemon life).
 *
 * @module
 */

import { errnoCode, errnoText } from "./errno.ts";
import { ServeError } from "./serve_error.ts";
import { isPermissionMissing, tryGetEnv } from "./permissions.ts";
import { isThere } from "./private_files.ts";
import { shellQuote } from "./quote.ts";

const WRITABLE_BY_OTHERS = 0o022;
const WRITABLE_BY_ALL = 0o002;

/** In such a directory, users can add files but not replace those of others. */
const STICKY = 0o1000;
/** New files in such a directory belong to its group, as where several users work together. */
const SET_GROUP_ID = 0o2000;
/** The id that stands for users without a mapped id, such as root itself in some containers. */
const NOBODY = 65_534;

/** The user of a directory, and the directories that belong to this user alone. */
export interface DirectoryUser {
  /** The id of the user; `null` on systems without user ids. */
  readonly uid: number | null;
  /** The user's home directory. */
  readonly home?: string | undefined;
  /** The directory of the user's sockets, as in `XDG_RUNTIME_DIR`. */
  readonly runtimeDirectory?: string | undefined;
}

/** The command line's option that chooses a directory, for the advice to choose another one. */
export interface DirectoryOption {
  /** The option, such as `--socket`. */
  readonly flag: string;
  /** What follows the directory in the value of the option. */
  readonly suffix: string;
  /** Directories in the home directory that may be advised. */
  readonly homePlaces: readonly string[];
}

/** The option of the daemon's directory. */
const SOCKET_OPTION: DirectoryOption = {
  flag: "--socket",
  suffix: "/rpc.sock",
  homePlaces: [".claude/remote", ".claustrum"],
};

type Owned = Pick<Deno.FileInfo, "uid" | "mode">;

/** Returns the user that runs this program. */
export function thisUser(): DirectoryUser {
  return {
    uid: Deno.build.os === "windows" ? null : Deno.uid(),
    home: tryGetEnv("HOME"),
    runtimeDirectory: tryGetEnv("XDG_RUNTIME_DIR"),
  };
}

/**
 * Creates a directory for this user only, or checks the existing one.
 *
 * @param option The option that chooses the directory.
 * @throws {ServeError} If it cannot be created, belongs to another user, or is writable or replaceable by others; the
 * message says how to correct that.
 */
export async function preparePrivateDirectory(path: string, option: DirectoryOption = SOCKET_OPTION): Promise<void> {
  let info: Deno.FileInfo;
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    info = await Deno.stat(path);
  } catch (error) {
    throw new ServeError(`mkdir ${path}: ${await mkdirProblem(path, error, option)}`, { cause: error });
  }
  if (Deno.build.os === "windows") return;
  const user = thisUser();
  const problem = directoryProblem(path, info, user, option) ?? await parentsProblem(path, user, option);
  if (problem !== undefined) throw new ServeError(problem);
}

async function mkdirProblem(path: string, error: unknown, option: DirectoryOption): Promise<string> {
  if (isPermissionMissing(error)) return errnoText(error);
  const text = error instanceof Deno.errors.AlreadyExists ? "not a directory" : errnoText(error);
  return `${text}: ${chooseAnother(await nearestExisting(path), thisUser(), option)}`;
}

/** Returns the part of a path that exists, which is what prevents the rest from being created. */
async function nearestExisting(path: string): Promise<string> {
  for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    try {
      if (await isThere(at)) return at;
    } catch (error) {
      if (errnoCode(error) === undefined) throw error; // it is in a directory that the user may not search
    }
  }
  return "/";
}

/**
 * Returns the problem with the directories above a directory, if there is one: a user who can rename entries in them can
 * replace the directory.
 */
export async function parentsProblem(
  path: string,
  user: DirectoryUser,
  option: DirectoryOption = SOCKET_OPTION,
): Promise<string | undefined> {
  let at = await Deno.realPath(path);
  while (at !== "/") {
    at = at.slice(0, at.lastIndexOf("/")) || "/";
    const problem = parentProblem(at, path, await Deno.stat(at), user, option);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function parentProblem(
  at: string,
  path: string,
  { uid, mode }: Owned,
  user: DirectoryUser,
  option: DirectoryOption,
): string | undefined {
  const isForeign = uid !== null && ![0, NOBODY, user.uid].includes(uid);
  if (isForeign) return `${at} belongs to user ${uid}, who may replace ${path}: ${chooseAnother(at, user, option)}`;
  const isOpen = ((mode ?? 0) & WRITABLE_BY_ALL) !== 0 && ((mode ?? 0) & STICKY) === 0;
  if (!isOpen) return undefined;
  const advice = mayNarrow(at, { uid, mode }, user) ? `chmod o-w ${shellQuote(at)}` : chooseAnother(at, user, option);
  return `${at} is writable by all users, who may replace ${path}: ${advice}`;
}

/** Returns the problem with a directory and how to correct it; `undefined` if there is none. */
export function directoryProblem(
  path: string,
  { uid, mode }: Owned,
  user: DirectoryUser,
  option: DirectoryOption = SOCKET_OPTION,
): string | undefined {
  // Each user can have a directory of their own in a directory with the sticky bit.
  const isShared = ((mode ?? 0) & STICKY) !== 0;
  const another = () => chooseAnother(path, user, option, isShared);
  if (uid !== null && user.uid !== null && uid !== user.uid) {
    return `${path} belongs to user ${uid} and you are ${user.uid}: ${another()}`;
  }
  if (((mode ?? 0) & WRITABLE_BY_OTHERS) === 0) return undefined;
  const advice = mayNarrow(path, { uid, mode }, user) ? `chmod go-w ${shellQuote(path)}` : another();
  return `${path} is writable by others: ${advice}`;
}

/** Whether other users can safely lose write access to a directory: it is the user's own and not shared. */
function mayNarrow(path: string, { uid, mode }: Owned, { uid: me, home, runtimeDirectory }: DirectoryUser): boolean {
  if (me === null || uid !== me || ((mode ?? 0) & (STICKY | SET_GROUP_ID)) !== 0) return false;
  const real = resolve(path);
  return (isUsable(home) && contains(resolve(home), real)) ||
    (isUsable(runtimeDirectory) && resolve(runtimeDirectory) !== real && contains(resolve(runtimeDirectory), real));
}

/**
 * Returns advice to use a directory of the user's own.
 *
 * @param unusable The directory that cannot be used.
 * @param mayBeBelow Whether the advised directory may be below that directory.
 */
function chooseAnother(
  unusable: string,
  { home, runtimeDirectory }: DirectoryUser,
  { flag, suffix, homePlaces }: DirectoryOption,
  mayBeBelow = false,
): string {
  const places = [
    ...(isUsable(runtimeDirectory) ? [`${resolve(runtimeDirectory)}/claustrum`] : []),
    ...(isUsable(home) ? homePlaces.map((name) => `${resolve(home)}/${name}`) : []),
  ];
  const real = resolve(unusable);
  const place = places.find((place) => mayBeBelow ? place !== real : !contains(real, place));
  return `choose another ${flag}${place === undefined ? "" : `, like ${place}${suffix}`}`;
}

/** Some users have no home directory, or the root of the file system as their home. */
function isUsable(path: string | undefined): path is string {
  return path !== undefined && path.length > 1;
}

function contains(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith("/") ? outer : `${outer}/`);
}

/** Resolves symlinks, if the path exists. */
function resolve(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return path;
  }
}
