/**
 * Finding the file that a command names, as the contract wants it and the runtime does not: a
 * bare name on the daemon's own PATH, no shell for a file without a header (contract: Error texts).
 *
 * @module
 */

import { cleanPath } from "../system/path_text.ts";
import { elfLoader, isElf, isNativeElf } from "./elf.ts";
import { execError, notFoundError, relativeHitError } from "./spawn_error.ts";
import { isPermissionMissing, tryGetOwnId } from "../system/permissions.ts";

/** What the lookup needs to know of the world. */
export interface LookupContext {
  /** The PATH to search. */
  readonly path: string;
  /** The directory that relative names with a slash start from. */
  readonly cwd: string;
}

/** A file to execute. */
export interface FoundCommand {
  /** Absolute. */
  readonly file: string;
  /** How error texts name it: the file for a bare name, else the command as it was given. */
  readonly shownAs: string;
  /** Whether the kernel surely executes it as it is: a program of this machine's own kind with its loader in place, or a script for one. */
  readonly isNative: boolean;
}

/**
 * Finds the file of a command.
 *
 * @throws {SpawnError} If there is none, or it has no valid header.
 * @throws {Deno.errors.NotCapable} If the program may not read where the command may be.
 */
export function lookUpCommand(command: string, { path, cwd }: LookupContext): FoundCommand {
  // Windows has extensions, associations and a search of its own: the runtime knows them.
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
  // It may be where the program may not look.
  throw refusal ?? notFoundError(name);
}

/**
 * Looks at a file; whatever the reason why that fails, the search goes on.
 *
 * @param onRefusal Told when it fails because the program lacks a permission.
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
  // Root may execute what anybody may; so may a program that does not know its user, as far as it can tell.
  if (me === 0 || me === undefined) return (mode & 0o111) !== 0;
  if (uid === me) return (mode & 0o100) !== 0;
  // The other groups of this user are not known to the runtime: either bit may let it in.
  return (mode & (gid === tryGetOwnId("gid") ? 0o010 : 0o011)) !== 0;
}

/**
 * What the kernel would make of a file: a program that it surely executes, something it executes
 * or refuses with an errno of its own, or something it refuses for having no valid header.
 */
type Format = "native" | "other" | "headless";

const HEAD_BYTES = 4096;
const MAX_INTERPRETERS = 5;

/** Told apart here because the runtime would run a file without a header through /bin/sh. */
function formatOf(file: string, cwd: string, depth = 0): Format {
  const info = tryStat(file, (error) => {
    // The kernel finds the interpreter of a script where the program may not look.
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

/** Mach-O in both byte orders and widths, and the universal format. */
const MACH_O: readonly number[] = [0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe];
const ELF_32 = 1;

/** A program that is not of this very kind and that the kernel may all the same know how to execute. */
function isForeignProgram(head: Uint8Array): boolean {
  if (Deno.build.os === "darwin") return head.length >= 4 && MACH_O.includes(new DataView(head.buffer).getUint32(0));
  return isElf(head) && head.length >= 52 && head[4] === ELF_32 && Deno.build.arch === "x86_64" && head[18] === 3;
}

/** The interpreter that a script's first line names. */
function interpreterOf(head: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(head.subarray(0, 256));
  return /^#![ \t]*([^ \t\n\0]+)/.exec(text)?.[1];
}
