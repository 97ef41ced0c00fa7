/**
 * The daemon's socket: this user's alone from the first instant, never over another's (daemon 2).
 *
 * @module
 */

import { errnoCode, errnoText } from "../system/errno.ts";
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

/** What tells the thing at a path from any other that may come to lie there; an errno when there is none. */
export function identityOf(path: string): string {
  try {
    const { dev, ino } = Deno.lstatSync(path);
    return `${dev} ${ino}`;
  } catch (error) {
    return errnoCode(error) ?? String(error);
  }
}

/**
 * Closes a listener, whose path the runtime then removes, whatever lies there: what is not its own
 * socket is put back.
 *
 * @param path The path it was opened with.
 * @param own What lay there then; see {@linkcode identityOf}.
 * @param closed Settles when the runtime has let go of it.
 */
export async function closeListener(
  listener: Deno.UnixListener,
  path: string,
  own: string,
  closed: Promise<void>,
): Promise<void> {
  const aside = `${path}.${crypto.randomUUID()}`;
  const isForeign = identityOf(path) !== own && await isLinked(path, aside);
  listener.close();
  await closed;
  if (isForeign) await Deno.rename(aside, path);
}

async function isLinked(path: string, aside: string): Promise<boolean> {
  try {
    await Deno.link(path, aside);
    return true;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return false; // nothing there, or nothing that could be kept
  }
}
