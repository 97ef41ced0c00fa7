/**
 * Finding the file of a command. The contract differs from the runtime in two points: a bare name is looked up on a
 * given PATH, and a file without a valid header is refused rather than run by a shell (contract: Error texts).
 *
 * @module
 */

import { cleanPath } from "../system/path_text.ts";
import { elfLoader, isElf, isNativeElf } from "./elf.ts";
import { execError, notFoundError, relativeHitError } from "./spawn_error.ts";
import { isPermissionMissing, tryGetOwnId } from "../system/permissions.ts";

/** Where a command is looked up. */
export interface LookupContext {
  /** The PATH to search. */
  readonly path: string;
  /** The directory that a relative path is resolved against. */
  readonly cwd: string;
}

/** A file to execute. */
export interface FoundCommand {
  /** The absolute path. */
  readonly file: string;
  /** The name in error texts: the file for a bare name, otherwise the command as given. */
  readonly shownAs: string;
  /** Whether the kernel can certainly execute the file: a native program whose loader exists, or a script for one. */
  readonly isNative: boolean;
}

/**
 * Finds the file of a command.
 *
 * @throws {SpawnError} If no file is found, or the file has no valid header.
 * @throws {Deno.errors.NotCapable} If this program lacks the permission to read where the command may be.
 */
export function lookUpCommand(command: string, { path, cwd }: LookupContext): FoundCommand {
  // On Windows the runtime handles the search: extensions and associations differ there.
  if (Deno.build.os === "windows") return { file: command, shownAs: command, isNative: false };
  const isBare = !command.includes("/");
  const shownAs = isBare ? searchPath(command, path) : command;
  if (shownAs.includes("\0")) throw execError(shownAs, "EINVAL");
  const file = shownAs.startsWith("/") ? shownAs : `${cwd}/${shownAs}`;
  const format = formatOf(file, cwd);
  if (format === "headless") throw execError(shownAs, "ENOEXEC");
  return { file, shownAs, isNative: format === "native" };
}

function searchPath(name: string, path: string): string {
  if (name === "" || path === "" || name.includes("\0")) throw notFoundError(name);
  let refusal: unknown;
  for (const element of path.split(":")) {
    const file = cleanPath(element === "" ? name : `${element}/${name}`);
    const info = tryStat(file, (error) => refusal ??= error);
    if (info === undefined || !info.isFile || !mayExecute(info)) continue;
    if (!file.startsWith("/")) throw relativeHitError(name);
    return file;
  }
  // The command may be in a directory that this program may not read.
  throw refusal ?? notFoundError(name);
}

/**
 * Calls `stat` on a file; returns `undefined` on any failure, so that the search goes on.
 *
 * @param onRefusal Called if it fails because this program lacks a permission.
 */
function tryStat(file: string, onRefusal: (error: unknown) => void): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(file);
  } catch (error) {
    if (isPermissionMissing(error)) onRefusal(error);
    return undefined;
  }
}

function mayExecute({ mode, uid, gid }: Deno.FileInfo): boolean {
  if (mode === null) return true;
  const me = tryGetOwnId("uid");
  // Root may execute a file if any of the bits is set. The same is assumed if the user is unknown.
  if (me === 0 || me === undefined) return (mode & 0o111) !== 0;
  if (uid === me) return (mode & 0o100) !== 0;
  // The runtime does not expose the user's supplementary groups, so either bit may apply.
  return (mode & (gid === tryGetOwnId("gid") ? 0o010 : 0o011)) !== 0;
}

/**
 * How the kernel treats a file: `native` is certainly executed, `other` is executed or refused with an errno, and
 * `headless` is refused because it has no valid header.
 */
type Format = "native" | "other" | "headless";

const HEAD_BYTES = 4096;
const MAX_INTERPRETERS = 5;

/** Classifies a file, because the runtime would run a file without a header through `/bin/sh`. */
function formatOf(file: string, cwd: string, depth = 0): Format {
  const info = tryStat(file, (error) => {
    // The kernel can run an interpreter that this program may not read.
    if (depth === 0) throw error;
  });
  if (info === undefined || !info.isFile || !mayExecute(info) || depth > MAX_INTERPRETERS) return "other";
  const head = tryReadHead(file);
  if (head === undefined) return "other";
  if (isNativeElf(head)) return isLoaderThere(head) ? "native" : "other";
  if (isForeignProgram(head)) return "other";
  const interpreter = interpreterOf(head);
  if (interpreter === undefined) return "headless";
  const isAbsolute = interpreter.startsWith("/");
  return formatOf(isAbsolute ? interpreter : `${cwd}/${interpreter}`, cwd, depth + 1);
}

function tryReadHead(file: string): Uint8Array | undefined {
  const head = new Uint8Array(HEAD_BYTES);
  try {
    using handle = Deno.openSync(file);
    return head.subarray(0, handle.readSync(head) ?? 0);
  } catch {
    return undefined; // a program may be executable without being readable
  }
}

function isLoaderThere(head: Uint8Array): boolean {
  const loader = elfLoader(head);
  return loader !== undefined && (loader === "" || tryStat(loader, () => {})?.isFile === true);
}

/** The magic numbers of Mach-O in both byte orders and widths, and of the universal format. */
const MACH_O: readonly number[] = [0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe];
const ELF_32 = 1;

/** Whether a file is a program for another platform that the kernel may still be able to execute. */
function isForeignProgram(head: Uint8Array): boolean {
  if (Deno.build.os === "darwin") return head.length >= 4 && MACH_O.includes(new DataView(head.buffer).getUint32(0));
  return isElf(head) && head.length >= 52 && head[4] === ELF_32 && Deno.build.arch === "x86_64" && head[18] === 3;
}

/** The interpreter that a script's first line names. */
function interpreterOf(head: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(head.subarray(0, 256));
  return /^#![ \t]*([^ \t\n\0]+)/.exec(text)?.[1];
}
