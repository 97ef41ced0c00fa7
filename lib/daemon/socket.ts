/**
 * The daemon's socket: this user's alone from the first instant, never over another's (daemon 2).
 *
 * @module
 */

import { errnoText } from "../system/errno.ts";
import { FatalError } from "../system/fatal.ts";
import { removeLink } from "../system/private_files.ts";

/** Group and others get nothing; a socket needs no execute bit. */
const PRIVATE_UMASK = 0o177;

/**
 * Listens on a path. A socket that nobody listens on any more gives way.
 *
 * @throws {FatalError} With the contract's text.
 */
export async function listenPrivately(path: string): Promise<Deno.UnixListener> {
  try {
    await removeLink(path);
    await removeStaleSocket(path);
    return bindPrivately(path);
  } catch (error) {
    throw new FatalError(`listen unix: listen unix ${path}: bind: ${errnoText(error)}`, { cause: error });
  }
}

function bindPrivately(path: string): Deno.UnixListener {
  if (Deno.build.os === "windows") return Deno.listen({ transport: "unix", path });
  const umask = Deno.umask(PRIVATE_UMASK);
  try {
    return Deno.listen({ transport: "unix", path });
  } finally {
    Deno.umask(umask);
  }
}

/** Removes a socket that refuses connections; leaves all else to the bind, which fails then. */
async function removeStaleSocket(path: string): Promise<void> {
  if (!isSocket(path) || await isLive(path)) return;
  await Deno.remove(path);
}

function isSocket(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSocket === true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/** Whether somebody accepts connections there. */
export async function isLive(path: string): Promise<boolean> {
  try {
    using _conn = await Deno.connect({ transport: "unix", path });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.ConnectionRefused) return false;
    if (error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}
