/**
 * Extracting a gzipped tar archive into its own directory (contract: Files methods, `files.extract_tar`). Most of the
 * work is synchronous, so it runs in a worker; see `extract_worker.ts`.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { cleanPath } from "../system/path_text.ts";
import { errnoText } from "../system/errno.ts";
import type { ByteSource } from "../system/io.ts";
import { openRegularFile, type RegularFile } from "../system/regular_file.ts";
import { contains, parentOf, ReplacedError } from "../system/removal.ts";
import { GzipError, GzipReader } from "./gzip.ts";
import { PathError } from "./path_error.ts";
import { type TarEntry, TarHeaderError, TarParser } from "./tar_parser.ts";

/** The result of an extraction. */
export interface ExtractResult {
  /** The number of files written; 0 if the extraction failed. */
  readonly fileCount: number;
  /** The contract's text of a failure; absent if the extraction succeeded. */
  readonly error?: string;
}

/** How an archive is extracted. */
export interface ExtractOptions {
  /** The path of the archive. */
  readonly archivePath: string;
  /** The destination: absolute, with no symlink among its parents. It is removed and created again. */
  readonly destDir: string;
  /** The name of the destination in error texts. @default {destDir} */
  readonly shownDir?: string;
  /** The limit on the total size of the extracted files, in bytes; 0 for none. */
  readonly maxBytes: number;
  /** Called once the archive is open; its path is not used afterwards. */
  readonly onOpened: () => void;
  /** Polled during the extraction, which fails once it returns `true`. @default {() => false} */
  readonly isStopped?: () => boolean;
  /** Returns the path of an entry, or throws if it is outside the destination. Tests replace it to reach the checks
   * after this one. */
  readonly resolve?: (destDir: string, name: string) => string;
}

/** A failure whose message is the contract's text. */
class ExtractError extends ClaustrumError {}

/** Extracts an archive. Failures that the contract has a text for are returned, not thrown. */
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

/** Feeds the parser. A stream that breaks inside a file is a failed copy, whose error text has no prefix. */
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

/** Wraps a source so that a failed read names the archive, as in the contract. */
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

/** Returns the name of a path in error texts. */
type Shown = (path: string) => string;

/** Names the paths in a directory as if the directory had another name. */
function shownBelow(destDir: string, shownDir: string = destDir): Shown {
  return (path) => contains(destDir, path) ? cleanPath(shownDir) + path.slice(destDir.length) : path;
}

/** Removes a path, without following a symlink, and creates an empty directory there. */
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

/** Throws if a parent of a directory has become a symlink since the path was checked. */
function checkInPlace(path: string): void {
  if (Deno.realPathSync(path) !== path) throw new ReplacedError(parentOf(path));
}

function describe(op: string, path: string, error: unknown): string {
  return new PathError(op, path, asDenied(error)).message;
}

/** Turns a refusal by the runtime into `EACCES`: the worker lacks the permission on purpose, so the user has none to
 * grant. */
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

/** Returns the path of an entry; throws if it is outside the destination. */
function resolveEntry(destDir: string, name: string): string {
  const target = cleanPath(`${destDir}/${name}`);
  if (!contains(destDir, target)) throw new ExtractError(`unsafe path in archive: ${name}`);
  return target;
}

/** Writes the entries that the parser finds. */
class EntryWriter {
  readonly #root: string;
  readonly #maxBytes: number;
  readonly #resolve: (destDir: string, name: string) => string;
  readonly #shown: Shown;
  /** Paths that are known to be directories and not symlinks. */
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

  /** Creates a directory and its parents one by one, so that none is created through a symlink. */
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

/** Creates a file, never through a symlink. It replaces a file of the same name, but not a directory. */
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
