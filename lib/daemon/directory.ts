/**
 * The directory of the daemon's files: this user's alone, or it is not used (daemon 2).
 *
 * @module
 */

import { errnoText } from "../system/errno.ts";
import { FatalError } from "../system/fatal.ts";

const WRITABLE_BY_OTHERS = 0o022;
const WRITABLE_BY_ALL = 0o002;

/** Others may add to such a directory, but not replace what is in it. */
const STICKY = 0o1000;
/** Whom the system puts in the place of a user that it has no number for, as for root itself in some containers. */
const NOBODY = 65_534;

/**
 * Makes a directory for this user only, or checks the one that is there.
 *
 * @throws {FatalError} If it cannot be made, belongs to somebody else, or others may write or replace it; with what
 * mends it.
 */
export async function preparePrivateDirectory(path: string): Promise<void> {
  let info: Deno.FileInfo;
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    info = await Deno.stat(path);
  } catch (error) {
    const text = error instanceof Deno.errors.AlreadyExists ? "not a directory" : errnoText(error);
    throw new FatalError(`mkdir ${path}: ${text}`, { cause: error });
  }
  if (Deno.build.os === "windows") return;
  const problem = directoryProblem(path, info, Deno.uid()) ?? await waysProblem(path, Deno.uid());
  if (problem !== undefined) throw new FatalError(problem);
}

/** What is wrong with the directories above one: whoever may rename what is in them may put another in its place. */
export async function waysProblem(path: string, me: number | null): Promise<string | undefined> {
  let at = await Deno.realPath(path);
  while (at !== "/") {
    at = at.slice(0, at.lastIndexOf("/")) || "/";
    const problem = wayProblem(at, path, await Deno.stat(at), me);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function wayProblem(
  at: string,
  path: string,
  { uid, mode }: Pick<Deno.FileInfo, "uid" | "mode">,
  me: number | null,
): string | undefined {
  const isForeign = uid !== null && ![0, NOBODY, me].includes(uid);
  if (isForeign) return `${at} belongs to user ${uid}, who may replace ${path}: choose another --socket`;
  const isOpen = ((mode ?? 0) & WRITABLE_BY_ALL) !== 0 && ((mode ?? 0) & STICKY) === 0;
  return isOpen ? `${at} is writable by everybody, who may replace ${path}: chmod o-w ${at}` : undefined;
}

/** What is wrong with a directory, and the command that mends it; `undefined` when nothing is. */
export function directoryProblem(
  path: string,
  { uid, mode }: Pick<Deno.FileInfo, "uid" | "mode">,
  me: number | null,
): string | undefined {
  if (uid !== null && me !== null && uid !== me) {
    return `${path} belongs to user ${uid} and you are ${me}: choose another --socket, or: sudo chown ${me} ${path}`;
  }
  if (((mode ?? 0) & WRITABLE_BY_OTHERS) !== 0) return `${path} is writable by others: chmod go-w ${path}`;
  return undefined;
}
