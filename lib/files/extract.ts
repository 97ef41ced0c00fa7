/**
 * Unpacking a gzipped tar archive into a directory of its own (contract: Files methods, `files.extract_tar`): all
 * work is synchronous but for the inflating, so it belongs into a worker, see `extract_worker.ts`.
 *
 * @module
 */

import { cleanPath } from "../system/path_text.ts";
import { errnoText } from "../system/errno.ts";
import type { ByteSource } from "../system/io.ts";
import { openRegularFile, type RegularFile } from "../system/regular_file.ts";
import { contains, parentOf, ReplacedError } from "../system/removal.ts";
import { GzipError, GzipReader } from "./gzip.ts";
import { PathError } from "./path_error.ts";
import { type TarEntry, TarHeaderError, TarParser } from "./tar_parser.ts";

/** What became of an extraction. */
export interface ExtractResult {
  /** Files written; 0 when it failed. */
  readonly fileCount: number;
  /** The contract's text; `undefined` when it succeeded. */
  readonly error?: string;
}

/** How an archive is extracted. */
export interface ExtractOptions {
  /** The archive. */
  readonly archivePath: string;
  /** Where to, absolute and with no symlink among its parents. It is wiped and made anew. */
  readonly destDir: string;
  /** What error texts call it. @default {destDir} */
  readonly shownDir?: string;
  /** The cap on all bodies together, in bytes; 0 for none. */
  readonly maxBytes: number;
  /** Called once the archive is open; from then on it is not needed by name any more. */
  readonly onOpened: () => void;
  /** Asked now and then whether to stop; a stopped extraction fails. @default {never} */
  readonly isStopped?: () => boolean;
  /** Where an entry goes; throws if it may not go there. For tests of what stands behind this check. */
  readonly resolve?: (destDir: string, name: string) => string;
}

/** A failure with the contract's text. */
class ExtractError extends Error {
  override readonly name: string = "ExtractError";
}

/** Extracts; never rejects for what the contract has a text for. */
export async function extractArchive(options: ExtractOptions): Promise<ExtractResult> {
  try {
    return { fileCount: await extractOrThrow(options) };
  } catch (error) {
    return { fileCount: 0, error: textOf(error) };
  }
}

function textOf(error: unknown): string {
  if (error instanceof GzipError || error instanceof TarHeaderError) return `gzip: ${error.message}`;
  if (error instanceof Deno.errors.NotCapable) return errnoText(asDenied(error));
  return error instanceof Error ? error.message : String(error);
}

async function extractOrThrow(options: ExtractOptions): Promise<number> {
  const { archivePath, destDir, maxBytes, onOpened, isStopped = () => false, resolve = resolveEntry } = options;
  await using archive = await openArchive(archivePath);
  onOpened();
  const gzip = await GzipReader.open(namingErrors(archive, archivePath));
  const shown = shownBelow(destDir, options.shownDir);
  wipe(destDir, shown);
  const writer = new EntryWriter(destDir, maxBytes, resolve, shown);
  const parser = new TarParser(writer);
  try {
    await pump(gzip, parser, isStopped);
  } finally {
    writer.close();
  }
  if (parser.end === "in header") throw new GzipError("unexpected EOF");
  if (parser.end === "in body") throw new ExtractError("unexpected EOF");
  writeMarker(destDir, shown);
  return writer.fileCount;
}

/** A stream that breaks inside a body is a failed copy: its text has no prefix. */
async function pump(gzip: GzipReader, parser: TarParser, isStopped: () => boolean): Promise<void> {
  try {
    for await (const chunk of gzip.chunks()) {
      if (isStopped()) throw new ExtractError("extraction stopped");
      parser.push(chunk);
      if (parser.isDone) return;
    }
  } catch (error) {
    if (error instanceof GzipError && parser.end === "in body") throw new ExtractError(error.message);
    throw error;
  }
}

async function openArchive(path: string): Promise<RegularFile> {
  try {
    return await openRegularFile(path, { followsLinks: true });
  } catch (error) {
    throw new ExtractError(`open archive: ${describe("open", path, error)}`);
  }
}

/** A failed read is told as the archive's, in the contract's words. */
function namingErrors(source: ByteSource, path: string): ByteSource {
  return {
    async read(into) {
      try {
        return await source.read(into);
      } catch (error) {
        throw new GzipError(new PathError("read", path, error).message);
      }
    },
  };
}

/** What error texts call a path. */
type Shown = (path: string) => string;

/** Names paths below a directory as if it had another name. */
function shownBelow(destDir: string, shownDir: string = destDir): Shown {
  return (path) => contains(destDir, path) ? cleanPath(shownDir) + path.slice(destDir.length) : path;
}

/** Removes what is there, a symlink itself and not what it leads to, and makes an empty directory. */
function wipe(path: string, shown: Shown): void {
  try {
    if (Deno.lstatSync(path).isDirectory) checkInPlace(path);
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new ExtractError(`clean destDir: ${describe("unlinkat", shown(path), error)}`);
    }
  }
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
    checkInPlace(path);
  } catch (error) {
    throw new ExtractError(`mkdir destDir: ${describe("mkdir", shown(path), error)}`);
  }
}

/** Throws unless a directory still has the path that was checked: no parent is a symlink now. */
function checkInPlace(path: string): void {
  if (Deno.realPathSync(path) !== path) throw new ReplacedError(parentOf(path));
}

function describe(op: string, path: string, error: unknown): string {
  return new PathError(op, path, asDenied(error)).message;
}

/** What the worker may not reach is denied to it on purpose; it is not a permission that the user forgot to grant. */
function asDenied(error: unknown): unknown {
  return error instanceof Deno.errors.NotCapable ? new Deno.errors.PermissionDenied(error.message) : error;
}

function writeMarker(destDir: string, shown: Shown): void {
  const path = `${destDir}/.synced`;
  try {
    Deno.openSync(path, { write: true, create: true, truncate: true, mode: 0o600 }).close();
  } catch (error) {
    throw new ExtractError(`write .synced: ${describe("open", shown(path), error)}`);
  }
}

/** Where an entry goes: below the directory, or nowhere. */
function resolveEntry(destDir: string, name: string): string {
  const target = cleanPath(`${destDir}/${name}`);
  if (!contains(destDir, target)) throw new ExtractError(`unsafe path in archive: ${name}`);
  return target;
}

/** Writes what the parser finds. */
class EntryWriter {
  readonly #root: string;
  readonly #maxBytes: number;
  readonly #resolve: (destDir: string, name: string) => string;
  readonly #shown: Shown;
  /** Directories that are known to be real ones. */
  readonly #known = new Set<string>();
  #written = 0;
  #file: Deno.FsFile | undefined;
  fileCount = 0;

  constructor(destDir: string, maxBytes: number, resolve: (destDir: string, name: string) => string, shown: Shown) {
    this.#root = destDir;
    this.#maxBytes = maxBytes;
    this.#resolve = resolve;
    this.#shown = shown;
    this.#known.add(this.#root);
  }

  onEntry({ name, type, size }: TarEntry): void {
    const target = this.#resolve(this.#root, name);
    if (type !== "0" && type !== "5") throw new ExtractError(`unsupported tar entry type ${type}: ${name}`);
    this.#written += size;
    if (this.#maxBytes > 0 && this.#written > this.#maxBytes) throw new ExtractError("extraction size limit exceeded");
    if (type === "5") return this.#makeDirectory(target, `mkdir ${name}`);
    this.#makeDirectory(target.slice(0, target.lastIndexOf("/")) || "/", `mkdir parent ${name}`);
    this.#file = createFile(target, name, this.#shown);
    this.fileCount++;
  }

  onData(bytes: Uint8Array): void {
    if (this.#file === undefined) return;
    for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
  }

  onEntryEnd(): void {
    this.close();
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /** Makes a directory and its parents, one by one: nothing is ever made through a symlink. */
  #makeDirectory(path: string, what: string): void {
    if (this.#known.has(path)) return;
    if (path !== this.#root && path.startsWith(this.#root)) {
      this.#makeDirectory(path.slice(0, path.lastIndexOf("/")), what);
    }
    try {
      Deno.mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) {
        throw new ExtractError(`${what}: ${describe("mkdir", this.#shown(path), error)}`);
      }
      if (!Deno.lstatSync(path).isDirectory) {
        throw new ExtractError(`${what}: ${describe("mkdir", this.#shown(path), "ENOTDIR")}`);
      }
    }
    this.#known.add(path);
  }
}

/** Creates a file, never through a symlink; one of the same name gives way, a directory does not. */
function createFile(path: string, name: string, shown: Shown): Deno.FsFile {
  const options = { write: true, createNew: true, mode: 0o600 } as const;
  try {
    return Deno.openSync(path, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) {
      throw new ExtractError(`create ${name}: ${describe("open", shown(path), error)}`);
    }
  }
  if (Deno.lstatSync(path).isDirectory) {
    throw new ExtractError(`create ${name}: ${describe("open", shown(path), "EISDIR")}`);
  }
  Deno.removeSync(path);
  return Deno.openSync(path, options);
}
