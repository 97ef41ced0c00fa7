/**
 * The file `CLAUDE.md` of a project: reading it, and writing it in place of what was read.
 *
 * The name may be a symlink, which a program in the project can change at any time. It is resolved once; what it leads to
 * is judged, and exactly that is read or replaced. A file is replaced by renaming one that was written beside it: where a
 * directory on the way was exchanged meanwhile, the file to rename is not found, and nothing is written.
 *
 * @module
 */

import { errnoCode, errnoText } from "../system/errno.ts";
import { removeIfThere } from "../system/private_files.ts";
import { NotRegularError, readRegularFile } from "../system/regular_file.ts";
import { tryDecodeUtf8 } from "../system/utf8.ts";
import { ProjectError } from "./project_error.ts";
import { isBelow } from "./project_root.ts";

/** The largest file, in bytes. */
const MAX_CLAUDE_MD_BYTES = 64 << 10;
const NAME = "CLAUDE.md";
const NEW_MODE = 0o644;

/** What the file contains. */
export interface ClaudeMdContent {
  /** Whether the file is there. */
  readonly exists: boolean;
  /** The content; empty without a file. */
  readonly content: string;
  /** The SHA-256 of the content, in hexadecimal. */
  readonly sha256: string;
  /** The size, in bytes. */
  readonly size: number;
  /** When it was last written, in milliseconds since the epoch; `undefined` without a file. */
  readonly writtenAt: number | undefined;
}

/** A file that was judged. */
interface Target {
  /** The path, without symlinks. */
  readonly path: string;
  /** Its directory, without symlinks. */
  readonly directory: string;
  /** What tells the directory from another one. */
  readonly directoryId: string;
  /** The file's mode; `undefined` if there is no file. */
  readonly mode: number | undefined;
  readonly writtenAt: number | undefined;
}

/**
 * Reads the file.
 *
 * @param project The directory of the project, without symlinks.
 * @throws {ProjectError} If it leads out of the project, is too large, or is no text in UTF-8.
 */
export async function readClaudeMd(project: string): Promise<ClaudeMdContent> {
  return await explained(project, async () => await readTarget(await targetIn(project)));
}

/**
 * Replaces the file, unless it has changed.
 *
 * @param project The directory of the project, without symlinks.
 * @param content The new content.
 * @param baseSha256 The SHA-256 of the content that the new one is based on.
 * @throws {ProjectError} If it has changed, the content does not fit, or it would be written outside of the project.
 */
export async function writeClaudeMd(project: string, content: string, baseSha256: string): Promise<ClaudeMdContent> {
  const bytes = checkContent(content);
  return await explained(project, () => replaceIfSame(project, bytes, baseSha256));
}

async function replaceIfSame(
  project: string,
  bytes: Uint8Array<ArrayBuffer>,
  baseSha256: string,
): Promise<ClaudeMdContent> {
  const target = await targetIn(project);
  const requireBase = async () => {
    const { exists, sha256 } = await readTarget(target);
    if (sha256 === baseSha256) return;
    const now = exists ? `its SHA-256 is ${sha256} now` : "it is not there any more";
    throw new ProjectError("conflict", `${target.path} has changed: ${now}; load it again`);
  };
  await requireBase();
  await replace(target, bytes, requireBase);
  return await readTarget(await targetIn(project));
}

/** What is looked at may be moved or exchanged at any step; the caller is told so. */
async function explained<T>(project: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    const what = `${project}/${NAME} or a directory on the way to it was changed meanwhile: ${errnoText(error)}`;
    throw new ProjectError("conflict", what, { cause: error });
  }
}

function checkContent(content: string): Uint8Array<ArrayBuffer> {
  if (!content.isWellFormed()) {
    throw new ProjectError("bad_params", "the content cannot be written in UTF-8: it has half of a surrogate pair");
  }
  const bytes = new TextEncoder().encode(content);
  if (bytes.length <= MAX_CLAUDE_MD_BYTES) return bytes;
  throw new ProjectError("too_large", `the content has ${bytes.length} bytes; ${MAX_CLAUDE_MD_BYTES} are allowed`);
}

/** Resolves the file of a project once, and judges what it leads to. */
async function targetIn(project: string): Promise<Target> {
  const given = `${project}/${NAME}`;
  const path = await realPathOf(given);
  const inProject = isBelow(path, project) ? path.slice(project.length + 1).split("/") : undefined;
  if (inProject === undefined) throw new ProjectError("refused", `${given} leads out of the project, to ${path}`);
  if (inProject.includes(".git")) {
    throw new ProjectError("refused", `${given} leads into the repository's own files, to ${path}`);
  }
  const directory = path.slice(0, path.lastIndexOf("/"));
  const [parent, file] = await Promise.all([Deno.lstat(directory), lstatIfThere(path)]);
  return {
    path,
    directory,
    directoryId: identity(parent),
    mode: file?.mode === null || file === undefined ? undefined : file.mode & 0o777,
    writtenAt: file?.mtime?.getTime(),
  };
}

async function realPathOf(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    if (isMissing && await lstatIfThere(path) === undefined) return path;
    if (errnoCode(error) === undefined) throw error;
    const what = isMissing ? "is a symlink that leads nowhere" : `cannot be used: ${errnoText(error)}`;
    throw new ProjectError("refused", `${path} ${what}`, { cause: error });
  }
}

async function lstatIfThere(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function identity({ dev, ino }: Deno.FileInfo): string {
  return `${dev} ${ino}`;
}

async function readTarget(target: Target): Promise<ClaudeMdContent> {
  const { path, mode, writtenAt } = target;
  const bytes = mode === undefined ? undefined : await readBytes(path);
  if (bytes !== undefined) await requireSameDirectory(target);
  const content = bytes === undefined ? "" : tryDecodeUtf8(bytes);
  if (content === undefined) {
    throw new ProjectError("conflict", `${path} is no text in UTF-8: change it with another program`);
  }
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes ?? new Uint8Array(0))).toHex();
  return { exists: bytes !== undefined, content, sha256, size: bytes?.length ?? 0, writtenAt };
}

/** Returns `undefined` if the file is not there any more. */
async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const bytes = await readRegularFile(path, MAX_CLAUDE_MD_BYTES);
    if (bytes !== undefined) return new Uint8Array(bytes);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (errnoCode(error) === undefined && !(error instanceof NotRegularError)) throw error;
    throw new ProjectError("conflict", `${path} cannot be read: ${errnoText(error)}`, { cause: error });
  }
  const { isFile } = await Deno.lstat(path);
  if (!isFile) throw new ProjectError("refused", `${path} is not a regular file`);
  throw new ProjectError(
    "too_large",
    `${path} has more than ${MAX_CLAUDE_MD_BYTES} bytes: change it with another program`,
  );
}

/**
 * Replaces a file.
 *
 * @param requireBase Called when the new file is there under another name; throws if it is not wanted any more.
 */
async function replace(target: Target, bytes: Uint8Array, requireBase: () => Promise<void>): Promise<void> {
  const { path, directory, mode = NEW_MODE } = target;
  const temporary = `${directory}/.${NAME}.${crypto.randomUUID()}`;
  try {
    await Deno.writeFile(temporary, bytes, { createNew: true, mode: 0o600 });
    await requireSameDirectory(target);
    await Deno.chmod(temporary, mode);
    using file = await Deno.open(temporary);
    await file.sync();
    await requireBase();
    await Deno.rename(temporary, path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new ProjectError("conflict", `${path} cannot be written: ${errnoText(error)}`, { cause: error });
  } finally {
    await removeTemporary(temporary);
  }
}

/** What was just read or written is where it was judged to be: nobody has exchanged a directory on the way. */
async function requireSameDirectory({ path, directory, directoryId }: Target): Promise<void> {
  try {
    if (await Deno.realPath(directory) === directory && identity(await Deno.lstat(directory)) === directoryId) return;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
  }
  throw new ProjectError("refused", `a directory on the way to ${path} was exchanged meanwhile: look at it`);
}

async function removeTemporary(path: string): Promise<void> {
  try {
    await removeIfThere(path);
  } catch (error) {
    // The directory is gone or was exchanged; what the caller reports matters more.
    if (errnoCode(error) === undefined) throw error;
  }
}
