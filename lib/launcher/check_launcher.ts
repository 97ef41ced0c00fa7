/**
 * Checking the command of a launcher, before it runs in front of another program (contract: The managed launcher).
 *
 * @module
 */

import { errnoCode } from "../system/errno.ts";
import { tryGetOwnId } from "../system/permissions.ts";
import { listProblem } from "./split_launcher.ts";

/** The files that the SDK would run in place of Claude Code. */
const SCRIPT_SUFFIX = /\.(?:js|mjs|ts|tsx|jsx)$/;
const EXECUTE_BITS = 0o111;

/**
 * Returns why a launcher cannot be used; `undefined` if it can.
 *
 * @param words Its command; the first word is its path.
 * @param cliPath The path of the program that it would run.
 */
export async function launcherProblem(words: readonly string[], cliPath: string): Promise<string | undefined> {
  const [file = ""] = words;
  if (file === cliPath) return `launcher \`${file}\` is Claude Code's own path`;
  if (!isAbsolute(file)) return "the launcher must be an absolute path, not a bare name resolved via PATH";
  if (SCRIPT_SUFFIX.test(file)) return `launcher \`${file}\` is a script the SDK would run in place of Claude Code`;
  if (!await isProgram(file)) return `launcher \`${file}\` does not exist or is not an executable regular file`;
  return undefined;
}

/** A launcher cannot be put in front of a program on Windows. */
const NOT_HERE = "a launcher cannot be applied on a Windows host";

/**
 * Returns why a client's launcher is refused; `undefined` if it may be started.
 *
 * @param words Its command; the first word is its path.
 * @param command The program that it is to run.
 */
export async function launcherRefusal(words: readonly string[], command: string): Promise<string | undefined> {
  return Deno.build.os === "windows" ? NOT_HERE : listProblem(words) ?? await launcherProblem(words, command);
}

/** Whether a path is absolute. */
export function isAbsolute(path: string): boolean {
  return path.startsWith("/") || (Deno.build.os === "windows" && /^[A-Za-z]:[\\/]/.test(path));
}

async function isProgram(file: string): Promise<boolean> {
  try {
    const { isFile, mode, uid } = await Deno.stat(file);
    return isFile && (mode === null || mayExecute(mode, uid));
  } catch (error) {
    if (errnoCode(error) === undefined && !(error instanceof TypeError)) throw error;
    return false; // missing, unreachable, or no valid path
  }
}

function mayExecute(mode: number, uid: number | null): boolean {
  const me = tryGetOwnId("uid");
  const isOwners = me !== undefined && me !== 0 && uid === me;
  return (mode & (isOwners ? 0o100 : EXECUTE_BITS)) !== 0;
}
