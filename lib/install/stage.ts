/**
 * Decompressing a CLI to a staging file, testing it, and renaming it into place, so that no process ever sees an
 * incomplete CLI.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { removeTarget } from "../system/removal.ts";
import { removeQuietly } from "../system/remove.ts";
import type { CliBlob } from "./blob.ts";
import { cliPathOf, cliTarget, STAGING_PREFIX } from "./cli_path.ts";
import { claim } from "./file_claim.ts";
import { InstallError } from "./install_error.ts";
import { decompressZstd, ZstdError } from "./zstd.ts";

const EXECUTABLE = 0o755;
/** How often to try: another install's sweep may remove the staging file once by chance. */
const ATTEMPTS = 2;

/** Options of {@linkcode stageCli}. */
export interface StageOptions {
  /** The directory of all versions, which must exist. */
  readonly cliDir: string;
  /** The name of the CLI in the directory. */
  readonly version: string;
  /** The home directory, which is never removed. */
  readonly home: string | undefined;
  /** The size limit of the decompressed CLI, in bytes; 0 for none. */
  readonly maxBytes: number;
  /** Aborts the install. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the CLI is decompressed and the blob is no longer needed. */
  readonly onDecompressed: () => Promise<void>;
  /** Returns whether the staged file can be run; absent if it is run once it is in its place. */
  readonly isRunnable?: (path: string) => Promise<boolean>;
}

/** The staging file was removed by another process. */
class VanishedError extends ClaustrumError {}

/**
 * Installs a compressed CLI.
 *
 * @throws {InstallError} With the contract's text.
 */
export async function stageCli(blob: CliBlob, options: StageOptions): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await stageOnce(blob, options);
    } catch (error) {
      if (!(error instanceof VanishedError)) throw error;
      if (attempt === ATTEMPTS) throw new InstallError(`staging file vanished before install: ${error.message}`);
    }
  }
}

async function stageOnce(blob: CliBlob, options: StageOptions): Promise<void> {
  const { cliDir, version, signal, isRunnable, onDecompressed } = options;
  const staged = `${cliDir}/${STAGING_PREFIX}${crypto.randomUUID()}`;
  const cliPath = cliPathOf(cliDir, version);
  await using undo = new AsyncDisposableStack();
  const target = createStaging(staged);
  undo.defer(() => removeQuietly(staged));
  // The claim uses a read-only handle: a file that is open for writing cannot be run.
  using claimed = claimable(target, staged);
  await claim(claimed);
  try {
    await decompress(blob, target, staged, options);
  } finally {
    target.close();
  }
  await onDecompressed();
  signal?.throwIfAborted();
  await unlessVanished("chmod", staged, () => makeExecutable(staged));
  if (isRunnable !== undefined && !await isRunnable(staged)) {
    await unlessVanished("stat", staged, () => Deno.lstat(staged));
    signal?.throwIfAborted();
    throw new InstallError(`installed cli at ${cliPath} is not runnable`);
  }
  await clearDirectory(options);
  await unlessVanished("rename", staged, () => Deno.rename(staged, cliPath));
}

function createStaging(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  } catch (error) {
    throw new InstallError(`staging cli: open ${path}: ${errnoText(error)}`, { cause: error });
  }
}

function claimable(target: Deno.FsFile, path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { read: true });
  } catch (error) {
    target.close();
    throw vanishedOr(error, "open", path);
  }
}

async function decompress(
  blob: CliBlob,
  target: Deno.FsFile,
  path: string,
  { maxBytes, signal }: StageOptions,
): Promise<void> {
  let size = 0;
  blob.file.seekSync(0, Deno.SeekMode.Start);
  try {
    await decompressZstd((into) => {
      signal?.throwIfAborted();
      return readFrom(blob, into);
    }, (chunk) => {
      size += chunk.length;
      if (maxBytes > 0 && size > maxBytes) {
        throw new InstallError(`decompressing: decompressed CLI exceeds ${maxBytes} bytes`);
      }
      for (let done = 0; done < chunk.length;) done += target.writeSync(chunk.subarray(done));
    });
  } catch (error) {
    if (error instanceof ZstdError) throw new InstallError(`decompressing: ${error.message}`, { cause: error });
    if (errnoCode(error) === undefined) throw error;
    throw new InstallError(`decompressing: write ${path}: ${errnoText(error)}`, { cause: error });
  }
}

/** Reads from the blob; a failure names the blob, not the staged file. */
function readFrom({ file, path }: CliBlob, into: Uint8Array): number | null {
  try {
    return file.readSync(into);
  } catch (error) {
    throw new InstallError(`decompressing: read ${path}: ${errnoText(error)}`, { cause: error });
  }
}

async function makeExecutable(path: string): Promise<void> {
  if (Deno.build.os !== "windows") await Deno.chmod(path, EXECUTABLE);
}

async function clearDirectory({ cliDir, version, home }: StageOptions): Promise<void> {
  const target = await cliTarget(cliDir, version, home);
  try {
    if ((await Deno.lstat(target.path)).isDirectory) await removeTarget(target);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw new InstallError(`clearing stale dir at ${cliPathOf(cliDir, version)}: ${errnoText(error)}`, {
      cause: error,
    });
  }
}

async function unlessVanished(what: string, path: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw vanishedOr(error, what, path);
  }
}

function vanishedOr(error: unknown, what: string, path: string): Error {
  const text = `${what} ${path}: ${errnoText(error)}`;
  if (error instanceof Deno.errors.NotFound) return new VanishedError(text, { cause: error });
  if (errnoCode(error) === undefined && error instanceof Error) return error;
  return new InstallError(`staging cli: ${text}`, { cause: error });
}
