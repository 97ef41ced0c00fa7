/**
 * The release that is installed on hosts: where it is on this machine, and what it consists of.
 *
 * @module
 */

import { errnoText, isMissing } from "../system/errno.ts";
import { RequestError } from "../system/request_error.ts";

/** A file of a release. */
export interface ReleaseFile {
  /** The name, below the directory of the release. */
  readonly name: string;
  /** The path on this machine. */
  readonly path: string;
  /** The size, in bytes. */
  readonly size: number;
  /** Whether it is a program. */
  readonly isProgram: boolean;
  /** The SHA-256 of what it contains, in lowercase hexadecimal. */
  readonly sha256: string;
}

/** A release for one kind of machine. */
export interface Release {
  /** The kind of machine, such as `linux-amd64`. */
  readonly target: string;
  /** The directory on this machine. */
  readonly directory: string;
  /** Its files, sorted by name. */
  readonly files: readonly ReleaseFile[];
  /** The size of all files, in bytes. */
  readonly bytes: number;
  /** A SHA-256 over the names and sums of all files: two releases with the same one are the same. */
  readonly digest: string;
}

/** The program that this hub runs. */
export interface RunningRelease {
  /** The address of its main module. */
  readonly module: string;
  /** The kind of this machine. */
  readonly target: string;
}

/** The program that every release contains. */
export const LAUNCHER = "claustrum";
/** What stands beside the launcher in a release that the hub runs from. */
const BUNDLE = "claustrum.js";
const RUNTIME = "deno";
/** How far above the main module of a checkout its root is, at most. */
const MAX_ABOVE = 4;
/** Where a checkout has what it packs. */
const PACKED = "dist/portable";
/** No release has more files, or larger ones together, in bytes. */
const MOST = { files: 64, bytes: 2 ** 30 };
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const READ_BYTES = 1 << 20;

/** Returns the kind of this machine. */
export function ownTarget(): string {
  return targetOf(Deno.build.os, Deno.build.arch) ?? `${Deno.build.os}-${Deno.build.arch}`;
}

/**
 * Returns the kind of a machine.
 *
 * @param system Such as `Linux` or `darwin`.
 * @param machine Such as `x86_64`.
 * @returns `undefined` if there is no release for it.
 */
export function targetOf(system: string, machine: string): string | undefined {
  const os = { linux: "linux", darwin: "darwin" }[system.toLowerCase()];
  const arch = { x86_64: "amd64", amd64: "amd64", aarch64: "arm64", arm64: "arm64" }[machine.toLowerCase()];
  return os === undefined || arch === undefined ? undefined : `${os}-${arch}`;
}

/**
 * Finds the release for a kind of machine: in the directory that is given, or else the one that this hub runs from, or
 * what the checkout has packed that it runs from.
 *
 * @param directory A directory with a release, or with one in `claustrum-<target>`.
 * @throws {RequestError} If there is none, or it cannot be read.
 */
export async function findRelease(
  target: string,
  running: RunningRelease,
  directory: string | undefined,
): Promise<Release> {
  const places = directory === undefined ? await ownPlaces(target, running) : [directory];
  for (const place of places) {
    for (const path of [`${place}/claustrum-${target}`, place]) {
      if (await isFile(`${path}/${LAUNCHER}`)) return await readRelease(target, path);
    }
  }
  throw new RequestError(
    "unavailable",
    directory === undefined
      ? `there is no release for ${target} here: make one with deno task pack --target ${target}, or name its ` +
        "directory with --release"
      : `${JSON.stringify(directory)} contains no release: it has no file "${LAUNCHER}"`,
  );
}

/** Where the release may be that this hub runs from. */
async function ownPlaces(target: string, { module, target: own }: RunningRelease): Promise<string[]> {
  if (!module.startsWith("file:")) return [];
  const path = decodeURIComponent(new URL(module).pathname);
  const directory = path.slice(0, path.lastIndexOf("/"));
  if (path.endsWith(`/${BUNDLE}`) && await isFile(`${directory}/${RUNTIME}`)) {
    // Releases for other machines lie beside the one that runs, as they were made.
    const parent = directory.slice(0, directory.lastIndexOf("/"));
    return target === own ? [directory] : [`${parent}/claustrum-${target}`];
  }
  const places: string[] = [];
  for (let above = directory; above !== "" && places.length < MAX_ABOVE;) {
    places.push(`${above}/${PACKED}/claustrum-${target}`);
    above = above.slice(0, above.lastIndexOf("/"));
  }
  return places;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (isMissing(error)) return false;
    throw cannotRead(path, error);
  }
}

async function readRelease(target: string, directory: string): Promise<Release> {
  try {
    // An installed release has a note of its digest beside it, whose name begins with a dot.
    const names = (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name)
      .filter((name) => !name.startsWith(".")).sort();
    if (names.length > MOST.files) {
      throw new RequestError("bad_params", `${directory} has too many files for a release`);
    }
    const files: ReleaseFile[] = [];
    for (const name of names) files.push(await readFile(directory, name));
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    if (bytes > MOST.bytes) throw new RequestError("bad_params", `${directory} is too large for a release`);
    return { target, directory, files, bytes, digest: await digestOf(files) };
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw cannotRead(directory, error);
  }
}

async function readFile(directory: string, name: string): Promise<ReleaseFile> {
  const path = `${directory}/${name}`;
  const { isFile, size, mode } = await Deno.stat(path);
  if (!isFile || !NAME.test(name)) {
    throw new RequestError(
      "bad_params",
      `${JSON.stringify(path)} cannot be a part of a release: plain files alone can`,
    );
  }
  return { name, path, size, isProgram: ((mode ?? 0) & 0o100) !== 0, sha256: await sha256(path) };
}

/** Hashes a file in pieces, so that other work goes on in between. */
async function sha256(path: string): Promise<string> {
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  const buffer = new Uint8Array(READ_BYTES);
  for (let n = await file.read(buffer); n !== null; n = await file.read(buffer)) hash.update(buffer.subarray(0, n));
  return hash.digest("hex");
}

async function digestOf(files: readonly ReleaseFile[]): Promise<string> {
  const { createHash } = await import("node:crypto");
  return createHash("sha256").update(files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join("")).digest("hex");
}

function cannotRead(path: string, error: unknown): Error {
  return new RequestError("unavailable", `cannot read the release ${path}: ${errnoText(error)}`, { cause: error });
}
