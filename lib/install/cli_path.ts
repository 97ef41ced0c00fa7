/**
 * Which versions may be installed, and where they lie.
 *
 * @module
 */

import { goQuote } from "../system/quote.ts";
import { cleanPath } from "../system/path_text.ts";
import { isOrContainsHome, type RemovalTarget, removalTarget } from "../system/removal.ts";
import { InstallError } from "./install_error.ts";

/** What a staged CLI is called until it is in place. */
export const STAGING_PREFIX = ".fetch-";
/** What a download is called. */
export const BLOB_PREFIX = ".blob-";
/** What a compressed CLI is called. */
export const BLOB_SUFFIX = ".zst";

/** Where a version lies; `""` when it is not known. */
export function cliPathOf(cliDir: string, version: string): string {
  return cliDir === "" || version === "" ? "" : cleanPath(`${cliDir}/${version}`);
}

/**
 * Refuses what would lie elsewhere, be swept, or take the place of somebody's home.
 *
 * @throws {InstallError} With the contract's text.
 */
export async function checkCliPath(cliDir: string, version: string, home: string | undefined): Promise<void> {
  const shown = `cli version ${goQuote(version)}`;
  if (version === "" || version === "." || version === ".." || /[/\\\0]/.test(version)) {
    throw new InstallError(`${shown} must be a single path component`);
  }
  if (version.startsWith(STAGING_PREFIX) || version.endsWith(BLOB_SUFFIX)) {
    throw new InstallError(`${shown} collides with the install temp sweep`);
  }
  if (version.startsWith(BLOB_PREFIX)) throw new InstallError(`${shown} collides with the install download blob`);
  if (cliDir === "") throw new InstallError("cli dir must not be empty");
  await cliTarget(cliDir, version, home);
}

/**
 * What lies where a version goes, resolved to be removed.
 *
 * @throws {InstallError} If it is or contains the home directory.
 */
export async function cliTarget(cliDir: string, version: string, home: string | undefined): Promise<RemovalTarget> {
  const target = await removalTarget(`${cliDir}/${version}`);
  if (await isOrContainsHome(target, home)) {
    throw new InstallError(`cli path must not be or contain the home directory: ${cliPathOf(cliDir, version)}`);
  }
  return target;
}
