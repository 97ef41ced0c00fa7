/**
 * Removing plugins that no process uses any more: directories named by a hash, in the directory of this installation and
 * in the one that all installations shared formerly (contract: Plugins of next).
 *
 * @module
 */

import { errnoCode, errnoText } from "../system/errno.ts";
import { isOrContainsHome, removalTarget, removeTarget, ReplacedError } from "../system/removal.ts";

const HASH = /^[0-9a-f]{16}$/;
/** The file that is written when a plugin is complete. */
const COMPLETE = ".synced";
const DAY_MS = 24 * 60 * 60_000;
/** The bounds of the age at which a plugin may go, in days. */
const MIN_DAYS = 7;
const MAX_DAYS = 3_650;
/** `<X>/run/<id>/rpc.sock`. */
const LAYOUT = /^(.*)\/run\/([^/]+)\/rpc\.sock$/;

/** What is known of a socket. */
export type SocketProbe =
  /** A program listens on it. */
  | { readonly kind: "answers" }
  /** None does. */
  | { readonly kind: "silent" }
  /** That cannot be found out. */
  | { readonly kind: "unknown"; readonly reason: string };

/** Options of {@linkcode prunePlugins}. */
export interface PruneOptions {
  /** The socket of this daemon. */
  readonly socket: string;
  /** How old a plugin must be, in days; at least a week, at most ten years. */
  readonly minAgeDays: number;
  /** Returns the arguments of all processes that run; a process may be started in the meantime. */
  readonly runningArgs: () => readonly string[];
  /** The home directory, which is never removed. */
  readonly home: string | undefined;
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
  /** Finds out whether a program listens on a socket. */
  readonly probe: (socket: string) => Promise<SocketProbe>;
}

/** What was removed. The order of the fields is part of the contract. */
export interface PruneReport {
  /** The directory of this installation; `""` if it has none of its own. */
  readonly root: string;
  /** The plugins that were removed from it. */
  readonly pruned: readonly string[];
  /** The plugins that were removed from the directory that was shared. */
  readonly prunedLegacy: readonly string[];
  /** Always 0. */
  readonly staleArchives: number;
  /** Always 0. */
  readonly kept: number;
  /** How many are in use. */
  readonly live: number;
  /** How many are not old enough. */
  readonly young: number;
  /** `absent`, `swept`, or why the shared directory was left alone. */
  readonly legacy: string;
  /** Why nothing was done. */
  readonly skipped?: string;
  /** What could not be removed, and why. */
  readonly errors?: readonly string[];
  /** How old a plugin had to be, in days. */
  readonly minAgeDays: number;
}

const NO_LAYOUT = "this daemon's socket is not under run/<clientId>/, so it has no per-install plugin root to prune";

/** Removes the plugins that are old enough and that no running process names. */
export async function prunePlugins(options: PruneOptions): Promise<PruneReport> {
  const [, base, id] = LAYOUT.exec(options.socket) ?? [];
  if (base === undefined || id === undefined || id === "." || id === "..") return NOTHING_DONE;
  const minAgeDays = Math.min(Math.max(options.minAgeDays, MIN_DAYS), MAX_DAYS);
  const sweep = new Sweep({ ...options, minAgeDays });
  const shared = `${base}/plugins`;
  const root = `${shared}/${id}`;
  const installations = await installationsIn(`${base}/run`);
  const isSharedThere = await sweep.isDirectory(shared);
  const pruned = isSharedThere && await sweep.isDirectory(root) ? await sweep.prune(root, new Set()) : [];
  const others = installations.kind === "read" ? installations.ids.filter((other) => other !== id) : [];
  const reason = installations.kind === "read"
    ? await runningInstallation(`${base}/run`, others, options.probe)
    : installations.reason;
  const isSwept = isSharedThere && reason === undefined;
  // An installation may be named like a plugin.
  const prunedLegacy = isSwept ? await sweep.prune(shared, new Set([id, ...others])) : [];
  return {
    root,
    pruned,
    prunedLegacy,
    staleArchives: 0,
    kept: 0,
    live: sweep.live,
    young: sweep.young,
    legacy: !isSharedThere ? "absent" : reason === undefined ? "swept" : `skipped: ${otherRuns(reason)}`,
    ...(sweep.errors.length === 0 ? {} : { errors: sweep.errors }),
    minAgeDays,
  };
}

const NOTHING_DONE: PruneReport = {
  root: "",
  pruned: [],
  prunedLegacy: [],
  staleArchives: 0,
  kept: 0,
  live: 0,
  young: 0,
  legacy: `skipped: ${NO_LAYOUT}`,
  skipped: NO_LAYOUT,
  minAgeDays: 0,
};

function otherRuns(detail: string): string {
  return `another install's daemon is running (${detail}); its sessions may use the shared legacy dirs`;
}

/** The installations that have a directory for their daemon. */
type Installations =
  | { readonly kind: "read"; readonly ids: readonly string[] }
  | { readonly kind: "unknown"; readonly reason: string };

async function installationsIn(run: string): Promise<Installations> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(run));
    return { kind: "read", ids: entries.map(({ name }) => name).sort() };
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return { kind: "unknown", reason: `cannot read ${run}: ${errnoText(error)}` };
  }
}

/** Returns which other installation has a daemon that may be running; `undefined` if certainly none has. */
async function runningInstallation(
  run: string,
  ids: readonly string[],
  probe: PruneOptions["probe"],
): Promise<string | undefined> {
  for (const id of ids) {
    const socket = `${run}/${id}/rpc.sock`;
    const isThere = await inspect(socket);
    if (typeof isThere === "string") return `cannot inspect ${socket}: ${isThere}`;
    if (!isThere) continue;
    const found = await probe(socket);
    if (found.kind === "answers") return `run/${id}/rpc.sock answers`;
    if (found.kind === "unknown") return `cannot rule out run/${id}/rpc.sock: ${found.reason}`;
  }
  return undefined;
}

/** Returns whether something is there, or why that is unknown. */
async function inspect(path: string): Promise<boolean | string> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    const code = errnoCode(error);
    if (code === undefined) throw error;
    return code === "ENOENT" || code === "ENOTDIR" ? false : errnoText(error);
  }
}

/** Removes plugins, and counts those that stay. */
class Sweep {
  live = 0;
  young = 0;
  readonly errors: string[] = [];
  readonly #options: PruneOptions;

  constructor(options: PruneOptions) {
    this.#options = options;
  }

  /** Whether a path is a directory; a symlink is refused, because it leads elsewhere. */
  async isDirectory(path: string): Promise<boolean> {
    try {
      const { isDirectory, isSymlink } = await Deno.lstat(path);
      if (isSymlink) this.errors.push(`${path} is a symbolic link, and is left alone`);
      return isDirectory;
    } catch (error) {
      if (errnoCode(error) === undefined) throw error;
      if (!(error instanceof Deno.errors.NotFound)) this.errors.push(`open ${path}: ${errnoText(error)}`);
      return false;
    }
  }

  /** Removes the plugins of a directory, and returns their names. */
  async prune(directory: string, spared: ReadonlySet<string>): Promise<string[]> {
    const pruned: string[] = [];
    for (const name of await this.#plugins(directory)) {
      if (spared.has(name)) continue;
      const path = `${directory}/${name}`;
      try {
        if (await this.#mayGo(path, name) && await this.#remove(path, name)) pruned.push(name);
      } catch (error) {
        // Another daemon has removed it.
        if (error instanceof Deno.errors.NotFound) continue;
        if (errnoCode(error) === undefined && !(error instanceof ReplacedError)) throw error;
        this.errors.push(`remove ${path}: ${errnoText(error)}`);
      }
    }
    return pruned;
  }

  async #plugins(directory: string): Promise<string[]> {
    try {
      const entries = await Array.fromAsync(Deno.readDir(directory));
      // The kind of an entry is that of the link, not of what it leads to.
      return entries.flatMap(({ name, isDirectory }) => isDirectory && HASH.test(name) ? name : []).sort();
    } catch (error) {
      if (errnoCode(error) === undefined) throw error;
      this.errors.push(`open ${directory}: ${errnoText(error)}`);
      return [];
    }
  }

  async #mayGo(path: string, hash: string): Promise<boolean> {
    const { minAgeDays, now } = this.#options;
    if (this.#isLive(hash)) return false;
    const changedAt = Math.max(await changeTime(path) ?? Infinity, await changeTime(`${path}/${COMPLETE}`) ?? 0);
    if (now - changedAt >= minAgeDays * DAY_MS) return true;
    this.young++;
    return false;
  }

  /** Whether a process uses a plugin, which is counted then. */
  #isLive(hash: string): boolean {
    const isLive = this.#options.runningArgs().some((arg) => arg.includes(hash));
    if (isLive) this.live++;
    return isLive;
  }

  async #remove(path: string, hash: string): Promise<boolean> {
    const target = await removalTarget(path);
    if (await isOrContainsHome(target, this.#options.home)) {
      this.errors.push(`remove ${path}: it is or contains the home directory`);
      return false;
    }
    // Asked again, with nothing to wait for before the removal.
    if (this.#isLive(hash)) return false;
    await removeTarget(target);
    return true;
  }
}

/** Returns when a file was changed, in milliseconds since the epoch; `undefined` if that is unknown. */
async function changeTime(path: string): Promise<number | undefined> {
  try {
    return (await Deno.lstat(path)).mtime?.getTime();
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}
