/**
 * The compressed CLI as an open file, which stays readable even if another process unlinks it.
 *
 * @module
 */

import type { Hash } from "node:crypto";
import { errnoCode, errnoText } from "../system/errno.ts";
import type { Clock } from "../system/clock.ts";
import { removeQuietly } from "../system/remove.ts";
import { tryStat } from "../system/try_stat.ts";
import { BLOB_PREFIX } from "./cli_path.ts";
import { download, type DownloadOptions } from "./download.ts";
import { claim, openForClaim } from "./file_claim.ts";
import { InstallError } from "./install_error.ts";

/** An open compressed CLI. */
export interface CliBlob extends AsyncDisposable {
  /** The path of the file. */
  readonly path: string;
  /** The file, open for reading at its start. */
  readonly file: Deno.FsFile;
  /**
   * Returns the sha256 of the file, in lowercase hexadecimal.
   *
   * @throws {InstallError} If the file cannot be read.
   * @throws The signal's reason.
   */
  sha256(): Promise<string>;
}

/** Facts about a download. */
export interface FetchFacts {
  /** The number of bytes received. */
  readonly bytes: number;
  /** The duration, in milliseconds. */
  readonly ms: number;
  /** The longest time without data, in milliseconds. */
  readonly longestPauseMs: number;
}

const READ_BYTES = 256 << 10;
/** The number of reads between two turns of the event loop while a file is hashed. */
const READS_A_TURN = 16;

/**
 * Opens a local file.
 *
 * @param path The path of the file.
 * @param signal Aborts the hashing of the file.
 * @throws {InstallError} If it is not a regular file, or cannot be opened.
 */
export async function openBlob(path: string, signal?: AbortSignal): Promise<CliBlob> {
  let file: Deno.FsFile;
  try {
    file = await openForClaim(path, { followsLinks: true });
  } catch (error) {
    throw new InstallError(`opening input: open ${path}: ${errnoText(error)}`, { cause: error });
  }
  await claim(file);
  const close = () => Promise.resolve(file.close());
  return { path, file, sha256: () => hashFile(path, file, signal), [Symbol.asyncDispose]: close };
}

/** Creates a hash; the module is loaded only when needed. */
async function newHash(): Promise<Hash> {
  const { createHash } = await import("node:crypto");
  return createHash("sha256");
}

/** Hashes a file with regular turns of the event loop, so that a signal can abort it. */
async function hashFile(path: string, file: Deno.FsFile, signal: AbortSignal | undefined): Promise<string> {
  const hash = await newHash();
  const buffer = new Uint8Array(READ_BYTES);
  try {
    file.seekSync(0, Deno.SeekMode.Start);
    for (let reads = 1, n = file.readSync(buffer); n !== null; reads++, n = file.readSync(buffer)) {
      hash.update(buffer.subarray(0, n));
      if (reads % READS_A_TURN > 0) continue;
      await new Promise<void>((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    }
    file.seekSync(0, Deno.SeekMode.Start);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new InstallError(`opening input: read ${path}: ${errnoText(error)}`, { cause: error });
  }
  return hash.digest("hex");
}

/** Options of {@linkcode fetchBlob}. */
export interface FetchOptions extends Omit<DownloadOptions, "onStart" | "onData"> {
  /** The directory of the CLI; the download is stored there as well if it exists. */
  readonly cliDir: string;
  /** The environment, which names the directory of temporary files. */
  readonly env: Readonly<Record<string, string>>;
  /** Called when the response begins and after each piece, with the bytes so far and the total if known. */
  readonly onProgress: (bytes: number, total: number | undefined) => void;
  /** Called when the download ends, successfully or not. */
  readonly onEnd: (facts: FetchFacts) => void;
}

/**
 * Downloads to a file, which is removed when the result is disposed. The data is hashed while it arrives.
 *
 * @throws {InstallError} With the contract's text.
 */
export async function fetchBlob(options: FetchOptions): Promise<CliBlob> {
  const { cliDir, clock, env } = options;
  await using undo = new AsyncDisposableStack();
  const path = await blobPath(cliDir, env);
  const file = undo.use(await createBlob(path));
  undo.defer(() => removeQuietly(path));
  await claim(file);
  const hash = await newHash();
  let bytes = 0;
  let total: number | undefined;
  const pauses = measurePauses(clock);
  try {
    await download({
      ...options,
      onStart: (length) => {
        total = length;
        options.onProgress(0, total);
      },
      onData: (chunk) => {
        pauses.note();
        hash.update(chunk);
        writeAllTo(file, chunk, path);
        bytes += chunk.length;
        options.onProgress(bytes, total);
      },
    });
  } finally {
    options.onEnd({ bytes, ...pauses.end() });
  }
  file.seekSync(0, Deno.SeekMode.Start);
  const sha256 = hash.digest("hex");
  const all = undo.move();
  return { path, file, sha256: () => Promise.resolve(sha256), [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function blobPath(cliDir: string, env: FetchOptions["env"]): Promise<string> {
  const name = crypto.randomUUID();
  if ((await tryStat(cliDir))?.isDirectory) return `${cliDir}/${BLOB_PREFIX}${name}`;
  return `${env["TMPDIR"] || env["TEMP"] || "/tmp"}/claustrum-fetch-${name}`;
}

async function createBlob(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true, write: true, createNew: true, mode: 0o600 });
  } catch (error) {
    throw new InstallError(`download failed: open ${path}: ${errnoText(error)}`, { cause: error });
  }
}

function writeAllTo(file: Deno.FsFile, chunk: Uint8Array, path: string): void {
  try {
    for (let done = 0; done < chunk.length;) done += file.writeSync(chunk.subarray(done));
  } catch (error) {
    throw new InstallError(`download failed: write ${path}: ${errnoText(error)}`, { cause: error });
  }
}

function measurePauses(clock: Clock): { note: () => void; end: () => Omit<FetchFacts, "bytes"> } {
  const start = clock.elapsed();
  let last = start;
  let longest = 0;
  const note = () => {
    const now = clock.elapsed();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const end = () => {
    note();
    return { ms: last - start, longestPauseMs: longest };
  };
  return { note, end };
}
