/**
 * The valid names of versions, and the paths of installed CLIs.
 *
 * @module
 */

import { goQuote } from "../system/quote.ts";
import { cleanPath } from "../system/path_text.ts";
import { isOrContainsHome, type RemovalTarget, removalTarget } from "../system/removal.ts";
import { InstallError } from "./install_error.ts";

/** The prefix of the name of a staged CLI. */
export const STAGING_PREFIX = ".fetch-";
/** The prefix of the name of a download. */
export const BLOB_PREFIX = ".blob-";
/** The suffix of the name of a compressed CLI. */
export const BLOB_SUFFIX = ".zst";
/** The suffix of the name of a compressed CLI that is not complete. */
export const PART_SUFFIX = ".zst.part";

/** Returns the path of a version; `""` if the directory or the version is empty. */
export function cliPathOf(cliDir: string, version: string): string {
  return cliDir === "" || version === "" ? "" : cleanPath(`${cliDir}/${version}`);
}

/**
 * Refuses a version whose path would be outside the directory, removed by a sweep, or the home directory.
 *
 * @param allowsSweptNames Whether a version may be named like a leftover of an install.
 * @throws {InstallError} With the contract's text.
 */
export async function checkCliPath(
  cliDir: string,
  version: string,
  home: string | undefined,
  allowsSweptNames: boolean = false,
): Promise<void> {
  const shown = `cli version ${goQuote(version)}`;
  if (version === "" || version === "." || version === ".." || /[/\\\0]/.test(version)) {
    throw new InstallError(`${shown} must be a single path component`);
  }
  if (!allowsSweptNames && (version.startsWith(STAGING_PREFIX) || version.endsWith(BLOB_SUFFIX))) {
    throw new InstallError(`${shown} collides with the install temp sweep`);
  }
  if (version.startsWith(BLOB_PREFIX)) throw new InstallError(`${shown} collides with the install download blob`);
  if (cliDir === "") throw new InstallError("cli dir must not be empty");
  await cliTarget(cliDir, version, home);
}

/**
 * Resolves the path of a version for removal.
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
