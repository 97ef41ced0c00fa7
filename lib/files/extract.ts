/**
 * Unpacking a gzipped tar archive into a directory of its own (wire 1.2, files.extract_tar): all
 * work is synchronous but for the inflating, so it belongs into a worker, see `extract_worker.ts`.
 *
 * @module
 */

import { cleanPath } from "../system/path_text.ts";
import { errnoText } from "../system/errno.ts";
import { GzipError, GzipReader } from "./gzip.ts";
import { contains } from "./home_guard.ts";
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
  /** Where to; absolute. It is wiped and made anew. */
  readonly destDir: string;
  /** The cap on all bodies together, in bytes; 0 for none. */
  readonly maxBytes: number;
  /** Called once the archive is open; from then on it is not needed by name any more. */
  readonly onOpened: () => void;
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
  const { archivePath, destDir, maxBytes, onOpened, resolve = resolveEntry } = options;
  using archive = await openArchive(archivePath);
  onOpened();
  const gzip = await GzipReader.open(archive);
  wipe(destDir);
  const writer = new EntryWriter(destDir, maxBytes, resolve);
  const parser = new TarParser(writer);
  try {
    await pump(gzip, parser);
  } finally {
    writer.close();
  }
  if (parser.end === "in header") throw new GzipError("unexpected EOF");
  if (parser.end === "in body") throw new ExtractError("unexpected EOF");
  writeMarker(destDir);
  return writer.fileCount;
}

/** A stream that breaks inside a body is a failed copy: its text has no prefix. */
async function pump(gzip: GzipReader, parser: TarParser): Promise<void> {
  try {
    for await (const chunk of gzip.chunks()) {
      parser.push(chunk);
      if (parser.isDone) return;
    }
  } catch (error) {
    if (error instanceof GzipError && parser.end === "in body") throw new ExtractError(error.message);
    throw error;
  }
}

async function openArchive(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    throw new ExtractError(`open archive: ${describe("open", path, error)}`);
  }
}

function wipe(destDir: string): void {
  const path = cleanPath(destDir);
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new ExtractError(`clean destDir: ${describe("unlinkat", path, error)}`);
    }
  }
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new ExtractError(`mkdir destDir: ${describe("mkdir", path, error)}`);
  }
}

function describe(op: string, path: string, error: unknown): string {
  return new PathError(op, path, asDenied(error)).message;
}

/** What the worker may not reach is denied to it on purpose; it is not a permission that the user forgot to grant. */
function asDenied(error: unknown): unknown {
  return error instanceof Deno.errors.NotCapable ? new Deno.errors.PermissionDenied(error.message) : error;
}

function writeMarker(destDir: string): void {
  const path = cleanPath(`${destDir}/.synced`);
  try {
    Deno.openSync(path, { write: true, create: true, truncate: true, mode: 0o600 }).close();
  } catch (error) {
    throw new ExtractError(`write .synced: ${describe("open", path, error)}`);
  }
}

/** Where an entry goes: below the directory, or nowhere. */
function resolveEntry(destDir: string, name: string): string {
  const root = cleanPath(destDir);
  const target = cleanPath(`${root}/${name}`);
  if (!contains(root, target)) throw new ExtractError(`unsafe path in archive: ${name}`);
  return target;
}

/** Writes what the parser finds. */
class EntryWriter {
  readonly #root: string;
  readonly #maxBytes: number;
  readonly #resolve: (destDir: string, name: string) => string;
  /** Directories that are known to be real ones. */
  readonly #known = new Set<string>();
  #written = 0;
  #file: Deno.FsFile | undefined;
  fileCount = 0;

  constructor(destDir: string, maxBytes: number, resolve: (destDir: string, name: string) => string) {
    this.#root = cleanPath(destDir);
    this.#maxBytes = maxBytes;
    this.#resolve = resolve;
    this.#known.add(this.#root);
  }

  onEntry({ name, type, size }: TarEntry): void {
    const target = this.#resolve(this.#root, name);
    if (type !== "0" && type !== "5") throw new ExtractError(`unsupported tar entry type ${type}: ${name}`);
    this.#written += size;
    if (this.#maxBytes > 0 && this.#written > this.#maxBytes) throw new ExtractError("extraction size limit exceeded");
    if (type === "5") return this.#makeDirectory(target, `mkdir ${name}`);
    this.#makeDirectory(target.slice(0, target.lastIndexOf("/")) || "/", `mkdir parent ${name}`);
    this.#file = createFile(target, name);
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
        throw new ExtractError(`${what}: ${describe("mkdir", path, error)}`);
      }
      if (!Deno.lstatSync(path).isDirectory) throw new ExtractError(`${what}: ${describe("mkdir", path, "ENOTDIR")}`);
    }
    this.#known.add(path);
  }
}

/** Creates a file, never through a symlink; one of the same name gives way, a directory does not. */
function createFile(path: string, name: string): Deno.FsFile {
  const options = { write: true, createNew: true, mode: 0o600 } as const;
  try {
    return Deno.openSync(path, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) {
      throw new ExtractError(`create ${name}: ${describe("open", path, error)}`);
    }
  }
  if (Deno.lstatSync(path).isDirectory) throw new ExtractError(`create ${name}: ${describe("open", path, "EISDIR")}`);
  Deno.removeSync(path);
  return Deno.openSync(path, options);
}
