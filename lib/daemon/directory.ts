/**
 * The directory of the daemon's files: this user's alone, or it is not used (daemon 2).
 *
 * @module
 */

import { errnoText } from "../system/errno.ts";
import { FatalError } from "../system/fatal.ts";

const WRITABLE_BY_OTHERS = 0o022;

/**
 * Makes a directory for this user only, or checks the one that is there.
 *
 * @throws {FatalError} If it cannot be made, belongs to somebody else, or others may write it; with what mends it.
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
  const problem = directoryProblem(path, info, Deno.uid());
  if (problem !== undefined) throw new FatalError(problem);
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
