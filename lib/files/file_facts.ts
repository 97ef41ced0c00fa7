/**
 * Reading files and directories, including those that the runtime refuses to open: a daemon without full permissions
 * is kept from `/proc`, `/sys` and most of `/dev`, even if it may read all files. There it runs a short-lived child to
 * read them (contract: Daemon life).
 *
 * The child stands in for the file functions of `Deno`. It may go once the permission to read all files includes these
 * directories.
 *
 * @module
 */

import { readUpTo } from "../system/io.ts";
import { PathError } from "./path_error.ts";

/** Facts about a file. */
export interface FileFacts {
  /** The type and the permissions, as in `st_mode`. */
  readonly mode: number;
  /** The size that the file system reports, in bytes. */
  readonly size: number;
}

const TYPE_MASK = 0o170000;

/** Whether a file is a directory. */
export function isDirectory({ mode }: FileFacts): boolean {
  return (mode & TYPE_MASK) === 0o040000;
}

/** Whether a file is a regular file. */
export function isRegular({ mode }: FileFacts): boolean {
  return (mode & TYPE_MASK) === 0o100000;
}

/**
 * Returns facts about a file; symlinks are followed.
 *
 * @throws {PathError} If that fails; its operation is `stat`.
 */
export async function statFile(path: string): Promise<FileFacts> {
  if (path === "") throw new PathError("stat", path, "ENOENT");
  try {
    const { mode, size, isDirectory } = await Deno.stat(path);
    // The runtime strips a trailing slash, which only a directory may have.
    if (path.endsWith("/") && !isDirectory) throw new PathError("stat", path, "ENOTDIR");
    return { mode: mode ?? (isDirectory ? 0o040777 : 0o100666), size };
  } catch (error) {
    if (error instanceof PathError) throw error;
    if (error instanceof Deno.errors.NotCapable) return await statByChild(path);
    throw new PathError("stat", path, error);
  }
}

async function statByChild(path: string): Promise<FileFacts> {
  const output = await runTool("stat", "stat", ["-L", "-c", "%f %s", "--", path], path);
  const [mode = "", size = ""] = new TextDecoder().decode(output).trim().split(" ");
  return { mode: parseInt(mode, 16), size: Number(size) };
}

/**
 * Reads the start of a file.
 *
 * @param limit The most bytes to read.
 * @param size The likely size of the file, in bytes; 0 if unknown.
 * @throws {PathError} If that fails; its operation is `open` or `read`.
 */
export async function readStart(path: string, limit: number, size: number): Promise<Uint8Array> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      return await runTool("open", "head", ["-c", String(limit), "--", path], path);
    }
    throw new PathError("open", path, error);
  }
  using open = file;
  try {
    return await readUpTo(open, limit, size);
  } catch (error) {
    throw new PathError("read", path, error);
  }
}

/** An entry of a directory. */
export interface DirectoryEntry {
  /** The name without its directory; bytes that are not UTF-8 are replaced with U+FFFD. */
  readonly name: string;
  /** Whether the entry is a directory or a symlink to one; `false` if that is unknown. */
  readonly isDirectory: boolean;
}

/** Options of {@linkcode readDirectory}. */
export interface ReadDirectoryOptions {
  /**
   * Called at intervals and at the end; reading continues when the returned promise settles.
   *
   * @param bytes The approximate memory that the entries take so far, in bytes.
   */
  readonly onProgress?: (bytes: number) => Promise<void> | undefined;
  /** The operation that fails for a path that is no directory. @default {"readdirent", or "fdopendir" on macOS} */
  readonly notDirectoryOp?: string;
}

/** The number of entries between two calls of `onProgress`, and of symlinks that are followed at once. */
const STEP_ENTRIES = 256;
/** The approximate memory that an entry takes in addition to its name, in bytes. */
const ENTRY_BYTES = 80;

/**
 * Reads the entries of a directory, in no particular order, without names that start with a dot.
 *
 * @throws {PathError} If that fails; its operation is `open` or `readdirent`.
 * @throws What `onProgress` throws.
 */
export async function readDirectory(path: string, options: ReadDirectoryOptions = {}): Promise<DirectoryEntry[]> {
  if (path === "") throw new PathError("open", path, "ENOENT");
  const names = new NameList(options);
  try {
    for await (const entry of Deno.readDir(path)) {
      const pending = names.add(entry);
      if (pending !== undefined) await pending;
    }
  } catch (error) {
    if (names.hasFailed) throw error;
    if (error instanceof Deno.errors.NotADirectory) throw await notADirectory(path, options);
    if (!(error instanceof Deno.errors.NotCapable)) throw new PathError("open", path, error);
    for (const entry of await listByChild(path, options)) await names.add(entry);
  }
  for (let at = 0; at < names.links.length; at += STEP_ENTRIES) {
    const step = names.links.slice(at, at + STEP_ENTRIES);
    names.entries.push(...await Promise.all(step.map((name) => followEntry(path, name))));
  }
  await names.report();
  return names.entries;
}

/** The entries that were read so far, without those that start with a dot. */
class NameList {
  readonly entries: DirectoryEntry[] = [];
  /** The names of the symlinks, which are followed later. */
  readonly links: string[] = [];
  readonly #onProgress: NonNullable<ReadDirectoryOptions["onProgress"]>;
  #bytes = 0;
  /** Whether `onProgress` threw an error. */
  hasFailed = false;

  constructor({ onProgress = () => undefined }: ReadDirectoryOptions) {
    this.#onProgress = onProgress;
  }

  /** Adds an entry. If it returns a promise, reading continues when that settles. */
  add({ name, isDirectory, isSymlink }: DirectoryEntry & { readonly isSymlink: boolean }): Promise<void> | undefined {
    if (name.startsWith(".")) return undefined;
    if (isSymlink) this.links.push(name);
    else this.entries.push({ name, isDirectory });
    this.#bytes += ENTRY_BYTES + 2 * name.length;
    return (this.entries.length + this.links.length) % STEP_ENTRIES === 0 ? this.report() : undefined;
  }

  /** Calls `onProgress` with the memory taken so far. */
  async report(): Promise<void> {
    try {
      await this.#onProgress(this.#bytes);
    } catch (error) {
      this.hasFailed = true;
      throw error;
    }
  }
}

async function followEntry(path: string, name: string): Promise<DirectoryEntry> {
  try {
    return { name, isDirectory: isDirectory(await statFile(`${path}/${name}`)) };
  } catch (error) {
    if (error instanceof PathError) return { name, isDirectory: false };
    throw error;
  }
}

const READDIR_OP = Deno.build.os === "darwin" ? "fdopendir" : "readdirent";

/** Returns the error of a path that is not a directory. If another part of the path is not a directory, opening fails;
 * if only the last one is not, opening succeeds and reading fails. */
async function notADirectory(
  path: string,
  { notDirectoryOp = READDIR_OP }: ReadDirectoryOptions,
): Promise<PathError> {
  try {
    const facts = await statFile(path);
    // Opening anything else could block.
    if (isRegular(facts)) (await Deno.open(path)).close();
  } catch (error) {
    return new PathError("open", path, error instanceof PathError ? error.cause : error);
  }
  return new PathError(notDirectoryOp, path, "ENOTDIR");
}

async function listByChild(
  path: string,
  { notDirectoryOp = READDIR_OP }: ReadDirectoryOptions,
): Promise<(DirectoryEntry & { readonly isSymlink: boolean })[]> {
  if (!isDirectory(await statByChild(path))) throw new PathError(notDirectoryOp, path, "ENOTDIR");
  const args = [
    "-L",
    path.startsWith("-") ? `./${path}` : path,
    "-mindepth",
    "1",
    "-maxdepth",
    "1",
    "-printf",
    "%y%f\\0",
  ];
  const output = await runTool("open", "find", args, path);
  const records = new TextDecoder().decode(output).split("\0").slice(0, -1);
  return records.map((record) => ({ name: record.slice(1), isDirectory: record[0] === "d", isSymlink: false }));
}

/** The error texts of the tools in the C locale. */
const TOOL_ERRORS: readonly (readonly [text: string, code: string])[] = [
  ["No such file or directory", "ENOENT"],
  ["Not a directory", "ENOTDIR"],
  ["File name too long", "ENAMETOOLONG"],
  ["Too many levels of symbolic links", "ELOOP"],
  ["Invalid argument", "EINVAL"],
  ["Input/output error", "EIO"],
  ["No such device or address", "ENXIO"],
];

async function runTool(op: string, tool: string, args: string[], path: string): Promise<Uint8Array> {
  let result: Deno.CommandOutput;
  try {
    result = await new Deno.Command(tool, { args, env: { LC_ALL: "C" }, stdin: "null" }).output();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new PathError(op, path, "EACCES");
    throw error;
  }
  if (result.success) return result.stdout;
  const text = new TextDecoder().decode(result.stderr);
  throw new PathError(op, path, TOOL_ERRORS.find(([known]) => text.includes(known))?.[1] ?? "EACCES");
}
