/**
 * The socket of a daemon or a hub, which only its own user can ever connect to and which never replaces another one's
 * socket (contract: Daemon life).
 *
 * When a listener is closed, the runtime unlinks the path that it was bound to, even if another file is there by then.
 * A daemon therefore binds its socket to a name of its own and renames it to the public path. The rename atomically
 * replaces the socket of a daemon that hands over, and the runtime later unlinks a name that no other daemon uses.
 *
 * @module
 */

import { errnoCode, errnoText, isMissing } from "./errno.ts";
import { ServeError } from "./serve_error.ts";
import { type DaemonPaths, socketPathProblem } from "./paths.ts";
import { removeIfThere, removeLink } from "./private_files.ts";

/** Denies access to group and others; a socket needs no execute bit. */
const PRIVATE_UMASK = 0o177;
/** Makes a name that is shorter than that of a retired daemon's socket, so it fits wherever a daemon can hand over. */
const STAGING_PREFIX = ".bind-";
const STAGING_NAME = /^\.bind-[0-9a-f]{8}$/;

/** Options of {@linkcode listenPrivately}. */
export interface ListenOptions {
  /** An unused path that the socket is bound to. @default {the public path} */
  readonly stagingPath?: string | undefined;
  /** The sockets, by {@linkcode identityOf}, that are replaced although another daemon listens on them. */
  readonly replaceable?: ReadonlySet<string>;
}

/** A socket that a daemon listens on. */
export interface PrivateSocket {
  /** Accepts connections. */
  readonly listener: Deno.UnixListener;
  /** See {@linkcode identityOf}. */
  readonly identity: string;
  /**
   * Moves it to its public path, where it atomically replaces the existing socket.
   *
   * @throws {ServeError} If it cannot be moved.
   */
  publish(): Promise<void>;
  /**
   * Closes it.
   *
   * @param closed Settles when no connection is being accepted from the listener any more.
   * @param ownsPath Whether to remove its public path, if it still leads to this socket. Only a daemon that holds the
   * lock may do that: otherwise, the next daemon may be about to use the path.
   */
  close(closed: Promise<void>, ownsPath: boolean): Promise<void>;
}

/**
 * Returns an unused path next to a socket that the socket can be bound to.
 *
 * @returns `undefined` if the path would exceed the system's limit on the length of socket paths.
 */
export function newStagingPath({ directory, socket }: Pick<DaemonPaths, "directory" | "socket">): string | undefined {
  if (Deno.build.os === "windows") return undefined;
  const path = `${directory}/${STAGING_PREFIX}${crypto.randomUUID().slice(0, 8)}`;
  return [path, socket].some((each) => socketPathProblem(each) !== undefined) ? undefined : path;
}

/** Whether this program has the permissions to listen on a path. */
export function mayListen(path: string): boolean {
  const needed = [{ name: "net", host: `unix:${path}` }, { name: "read", path }, { name: "write", path }] as const;
  return needed.every((permission) => Deno.permissions.querySync(permission).state === "granted");
}

/** Removes sockets of daemons that were killed before they published them. Only the holder of the lock may do that. */
export async function removeStagedSockets(directory: string): Promise<void> {
  for await (const { name } of Deno.readDir(directory)) {
    if (STAGING_NAME.test(name) && isSocket(`${directory}/${name}`)) await removeIfThere(`${directory}/${name}`);
  }
}

/**
 * Listens on a path, and replaces a socket that no process listens on. Clients can connect once it is published.
 *
 * @throws {ServeError} If the path cannot be listened on.
 */
export async function listenPrivately(
  path: string,
  { stagingPath, replaceable = new Set() }: ListenOptions = {},
): Promise<PrivateSocket> {
  try {
    await removeLink(path);
    const isReplaceable = isSocket(path) && (replaceable.has(identityOf(path)) || !await isLive(path));
    if (stagingPath !== undefined && (isReplaceable || isNothing(path))) return listenStaged(path, stagingPath);
    if (isReplaceable) await removeIfThere(path);
    return listenDirectly(path);
  } catch (error) {
    throw new ServeError(`listen unix: listen unix ${path}: bind: ${errnoText(error)}`, { cause: error });
  }
}

function listenStaged(path: string, stagingPath: string): PrivateSocket {
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

/**
 * For programs that have the permission to listen on the public path only. Closing the socket removes whatever is at the
 * path, for a moment at least.
 */
function listenDirectly(path: string): PrivateSocket {
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
  if (!mayChangeUmask()) return bindInPrivateDirectory(path);
  const umask = Deno.umask(PRIVATE_UMASK);
  try {
    return Deno.listen({ transport: "unix", path });
  } finally {
    Deno.umask(umask);
  }
}

/** The permission for the umask cannot be granted alone, so a hub does not have it. */
function mayChangeUmask(): boolean {
  return Deno.permissions.querySync({ name: "sys" }).state === "granted";
}

/** No other user can reach the socket before its mode is set, because the directory is private. */
function bindInPrivateDirectory(path: string): Deno.UnixListener {
  const listener = Deno.listen({ transport: "unix", path });
  Deno.chmodSync(path, 0o600);
  return listener;
}

function isSocket(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSocket === true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isNothing(path: string): boolean {
  return identityOf(path) === "ENOENT";
}

/** Whether a process accepts connections on a path. */
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

/** Returns an id of the file at a path, which no later file at that path has; an errno code if there is no file. */
export function identityOf(path: string): string {
  try {
    const { dev, ino } = Deno.lstatSync(path);
    return `${dev} ${ino}`;
  } catch (error) {
    return errnoCode(error) ?? String(error);
  }
}

/** Closes a listener, whose path the runtime then unlinks. A file at the path that is not its socket is restored. */
async function closeBound(
  listener: Deno.UnixListener,
  path: string,
  own: string,
  closed: Promise<void>,
): Promise<void> {
  const aside = `${path}.${crypto.randomUUID()}`;
  const mustRestore = identityOf(path) !== own && await tryLink(path, aside);
  listener.close();
  await closed;
  if (mustRestore) await Deno.rename(aside, path);
}

async function tryLink(path: string, aside: string): Promise<boolean> {
  try {
    await Deno.link(path, aside);
    return true;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return false; // no file, or one that cannot be linked
  }
}
