/**
 * The daemon's socket: this user's alone from the first instant, never over another's (contract: Daemon life).
 *
 * The runtime unlinks the path that a listener was bound with when the listener is closed, whatever
 * lies there by then. So a daemon binds a name of its own and renames the socket to its public path:
 * that replaces the socket of a daemon that hands over in one step, and what is unlinked later is a
 * name that nobody uses.
 *
 * @module
 */

import { errnoCode, errnoText } from "../../system/errno.ts";
import { ServeError } from "../serve_error.ts";
import { type DaemonPaths, socketPathProblem } from "../../system/paths.ts";
import { removeIfThere, removeLink } from "../../system/private_files.ts";

/** Group and others get nothing; a socket needs no execute bit. */
const PRIVATE_UMASK = 0o177;
/** Shorter than the path of a retired daemon's socket: where a daemon can hand over, there is room for it. */
const STAGING_PREFIX = ".bind-";
const STAGING_NAME = /^\.bind-[0-9a-f]{8}$/;

/** How a daemon listens. */
export interface ListenOptions {
  /** A name that nobody uses, which the socket is bound with. @default {the public path itself} */
  readonly stagingPath?: string | undefined;
  /** The sockets, by {@linkcode identityOf}, that give way although somebody listens on them. */
  readonly replaceable?: ReadonlySet<string>;
}

/** A socket that a daemon listens on. */
export interface DaemonSocket {
  /** Accepts its clients. */
  readonly listener: Deno.UnixListener;
  /** See {@linkcode identityOf}. */
  readonly identity: string;
  /**
   * Puts it at its public path in one step, in the place of the socket that lies there.
   *
   * @throws {ServeError} If it cannot be put there.
   */
  publish(): Promise<void>;
  /**
   * Closes it.
   *
   * @param closed Settles when nothing accepts from the listener any more.
   * @param ownsPath Whether its public path is removed, provided that it still leads here. Only a daemon that
   * holds the lock may ask for that: without it, the next daemon may be about to use the path.
   */
  close(closed: Promise<void>, ownsPath: boolean): Promise<void>;
}

/**
 * A new name beside a socket, to bind the socket with.
 *
 * @returns `undefined` where the system's limit on paths leaves no room for it.
 */
export function newStagingPath({ directory, socket }: DaemonPaths): string | undefined {
  if (Deno.build.os === "windows") return undefined;
  const path = `${directory}/${STAGING_PREFIX}${crypto.randomUUID().slice(0, 8)}`;
  return [path, socket].some((each) => socketPathProblem(each) !== undefined) ? undefined : path;
}

/** Whether this program has the permissions to listen on a path. */
export function mayListen(path: string): boolean {
  const needed = [{ name: "net", host: `unix:${path}` }, { name: "read", path }, { name: "write", path }] as const;
  return needed.every((permission) => Deno.permissions.querySync(permission).state === "granted");
}

/** Removes the sockets that daemons have bound and were killed before they could publish. Needs the lock. */
export async function removeStagedSockets(directory: string): Promise<void> {
  for await (const { name } of Deno.readDir(directory)) {
    if (STAGING_NAME.test(name) && isSocket(`${directory}/${name}`)) await removeIfThere(`${directory}/${name}`);
  }
}

/**
 * Listens on a path. A socket that nobody listens on any more gives way. Clients can connect once it is published.
 *
 * @throws {ServeError} With the contract's text.
 */
export async function listenPrivately(
  path: string,
  { stagingPath, replaceable = new Set() }: ListenOptions = {},
): Promise<DaemonSocket> {
  try {
    await removeLink(path);
    const givesWay = isSocket(path) && (replaceable.has(identityOf(path)) || !await isLive(path));
    if (stagingPath !== undefined && (givesWay || isNothing(path))) return listenStaged(path, stagingPath);
    if (givesWay) await removeIfThere(path);
    return listenDirectly(path);
  } catch (error) {
    throw new ServeError(`listen unix: listen unix ${path}: bind: ${errnoText(error)}`, { cause: error });
  }
}

function listenStaged(path: string, stagingPath: string): DaemonSocket {
  const listener = bindPrivately(stagingPath);
  const identity = identityOf(stagingPath);
  return {
    listener,
    identity,
    async publish() {
      try {
        await Deno.rename(stagingPath, path);
      } catch (error) {
        throw new ServeError(`rename ${stagingPath} to ${path}: ${errnoText(error)}`, { cause: error });
      }
    },
    async close(closed, ownsPath) {
      if (ownsPath && identityOf(path) === identity) await removeIfThere(path);
      listener.close();
      await closed;
    },
  };
}

/** For programs that may listen on the public path only: it is removed for a moment when the socket is closed. */
function listenDirectly(path: string): DaemonSocket {
  const listener = bindPrivately(path);
  const identity = identityOf(path);
  return {
    listener,
    identity,
    publish: () => Promise.resolve(),
    close: (closed) => closeBound(listener, path, identity, closed),
  };
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

function isSocket(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSocket === true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

function isNothing(path: string): boolean {
  return identityOf(path) === "ENOENT";
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

/** Closes a listener, whose path the runtime then unlinks: what lies there and is not its own socket is put back. */
async function closeBound(
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
