/**
 * Extracting a gzipped tar archive into its own directory (contract: Files methods, `files.extract_tar`). Most of the
 * work is synchronous, so it runs in a worker; see `extract_worker.ts`.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { describe, ExtractError, type ExtractRules, SEED_RULES } from "./extract_rules.ts";
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

/** The archive is damaged; the message is the contract's text. */
class StreamError extends ClaustrumError {}

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
  /** What differs between the generations of the contract. @default {SEED_RULES} */
  readonly rules?: ExtractRules;
  /** Called once the archive is open; its path is not used afterwards. */
  readonly onOpened: () => void;
  /** Polled during the extraction, which fails once it returns `true`. @default {() => false} */
  readonly isStopped?: () => boolean;
  /** Returns the path of an entry, or throws if it is outside the destination. Tests replace it to reach the checks
   * after this one. */
  readonly resolve?: (destDir: string, name: string) => string;
}

/** Extracts an archive. Failures that the contract has a text for are returned, not thrown. */
export async function extractArchive(options: ExtractOptions): Promise<ExtractResult> {
  try {
    return { fileCount: await extractOrThrow(options) };
  } catch (error) {
    return { fileCount: 0, error: textOf(error) };
  }
}

function textOf(error: unknown): string {
  if (error instanceof StreamError) return error.message;
  if (error instanceof GzipError) return `gzip: ${error.message}`;
  if (error instanceof Deno.errors.NotCapable) return errnoText(new Deno.errors.PermissionDenied(error.message));
  return error instanceof Error ? error.message : String(error);
}

async function extractOrThrow(options: ExtractOptions): Promise<number> {
  const { archivePath, destDir, maxBytes, onOpened, isStopped = () => false, rules = SEED_RULES } = options;
  const resolve = options.resolve ?? rules.resolve;
  await using archive = await openArchive(archivePath);
  onOpened();
  const gzip = await GzipReader.open(namingErrors(archive, archivePath));
  const shown = shownBelow(destDir, options.shownDir);
  rules.checkParent(destDir, shown);
  wipe(destDir, shown);
  rules.checkDestination(destDir, shown);
  const writer = new EntryWriter({ destDir, maxBytes, resolve, shown, rules });
  const parser = new TarParser(writer);
  try {
    await pump(gzip, parser, isStopped);
    if (parser.end !== "complete") throw new GzipError("unexpected EOF");
  } catch (error) {
    const isCut = error instanceof GzipError || error instanceof TarHeaderError;
    if (!isCut) throw error;
    // A stream that breaks inside a file is a failed copy.
    throw new StreamError(rules.streamText(error.message, parser.end === "in body" ? writer.name : undefined));
  } finally {
    writer.close();
  }
  rules.clearMarker(destDir);
  writeMarker(destDir, shown);
  return writer.fileCount;
}

async function pump(gzip: GzipReader, parser: TarParser, isStopped: () => boolean): Promise<void> {
  for await (const chunk of gzip.chunks()) {
    if (isStopped()) throw new ExtractError("extraction stopped");
    parser.push(chunk);
    if (parser.isDone) return;
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

function writeMarker(destDir: string, shown: Shown): void {
  const path = `${destDir}/.synced`;
  try {
    Deno.openSync(path, { write: true, create: true, truncate: true, mode: 0o600 }).close();
  } catch (error) {
    throw new ExtractError(`write .synced: ${describe("open", shown(path), error)}`);
  }
}

/** What {@linkcode EntryWriter} needs. */
interface WriterOptions extends Required<Pick<ExtractOptions, "destDir" | "maxBytes" | "resolve" | "rules">> {
  readonly shown: Shown;
}

/** Writes the entries that the parser finds. */
class EntryWriter {
  readonly #options: WriterOptions;
  /** Paths that are known to be directories and not symlinks. */
  readonly #known = new Set<string>();
  #written = 0;
  #file: Deno.FsFile | undefined;
  fileCount = 0;
  /** The name of the current entry. */
  name = "";

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#known.add(options.destDir);
  }

  onEntry({ name, type, size, isExecutable }: TarEntry): void {
    const { destDir, maxBytes, resolve, rules } = this.#options;
    this.name = name;
    const target = resolve(destDir, name);
    if (type !== "0" && type !== "5") throw new ExtractError(`unsupported tar entry type ${type}: ${name}`);
    this.#written += size;
    if (maxBytes > 0 && this.#written > maxBytes) throw new ExtractError("extraction size limit exceeded");
    if (type === "5") return this.#makeDirectory(target, `mkdir ${name}`, true);
    this.#makeDirectory(target.slice(0, target.lastIndexOf("/")) || "/", `mkdir parent ${name}`, true);
    this.#file = this.#createFile(target, rules.fileMode(isExecutable));
    this.fileCount++;
  }

  onData(bytes: Uint8Array): void {
    if (this.#file === undefined) return;
    try {
      for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
    } catch (error) {
      throw new ExtractError(this.#options.rules.writeText(this.name, error));
    }
  }

  onEntryEnd(): void {
    this.close();
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /** Creates a directory and its parents one by one, so that none is created through a symlink. */
  #makeDirectory(path: string, what: string, isLast: boolean): void {
    const { destDir, shown, rules } = this.#options;
    if (this.#known.has(path)) return;
    if (path !== destDir && path.startsWith(destDir)) {
      this.#makeDirectory(path.slice(0, path.lastIndexOf("/")), what, false);
    }
    const place = { path, shown: shown(path), below: path.slice(destDir.length + 1) };
    try {
      Deno.mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) {
        throw new ExtractError(`${what}: ${rules.directoryText(place, error, isLast)}`);
      }
      if (!Deno.lstatSync(path).isDirectory) {
        throw new ExtractError(`${what}: ${rules.directoryText(place, "ENOTDIR", isLast)}`);
      }
    }
    this.#known.add(path);
  }

  /** Creates a file, never through a symlink. It replaces a file of the same name, but not a directory. */
  #createFile(path: string, mode: number): Deno.FsFile {
    const { destDir, shown, rules } = this.#options;
    const options = { write: true, createNew: true, mode } as const;
    const place = { path, shown: shown(path), below: path.slice(destDir.length + 1) };
    try {
      return Deno.openSync(path, options);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) {
        throw new ExtractError(`create ${this.name}: ${rules.fileText(place, error)}`);
      }
    }
    if (Deno.lstatSync(path).isDirectory) {
      throw new ExtractError(`create ${this.name}: ${rules.fileText(place, "EISDIR")}`);
    }
    Deno.removeSync(path);
    return Deno.openSync(path, options);
  }
}
