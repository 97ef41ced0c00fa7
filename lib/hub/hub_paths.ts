/**
 * Where the hub's files are: in its state directory, with fixed names.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { NoHomeError, socketPathProblem } from "../system/paths.ts";
import { tryGetOwnId } from "../system/permissions.ts";
import { type DirectoryOption, preparePrivateDirectory } from "../system/private_directory.ts";
import { newStagingPath } from "../system/private_socket.ts";

/** The files of a hub. */
export interface HubPaths {
  /** The state directory, of all files but perhaps the sockets; its mode is 0700. */
  readonly directory: string;
  /** The directory of the sockets; its mode is 0700. */
  readonly sockets: string;
  /** The database. */
  readonly database: string;
  /** The hub's socket. */
  readonly socket: string;
  /** The socket of the terminals. */
  readonly tmuxSocket: string;
  /** The directory of the sockets of hosts; its mode is 0700. */
  readonly hosts: string;
  /** The file with the token. */
  readonly token: string;
  /** The log: the output of a hub in the background. */
  readonly log: string;
  /** The directory of the logs of remote control. */
  readonly remote: string;
  /** The lock file, held by the one hub of this directory. */
  readonly lock: string;
}

/** What determines the paths. */
export interface HubPlace {
  /** The directory of all files. @default {`$XDG_STATE_HOME/claustrum`, else `~/.local/state/claustrum`} */
  readonly stateDir?: string | undefined;
  /** The environment variables. @default {those of this program} */
  readonly env?: { get(name: string): string | undefined };
  /** The user's id. @default {that of this program} */
  readonly uid?: number | undefined;
}

/** The option that chooses the state directory. */
export const STATE_DIR_OPTION: DirectoryOption = {
  flag: "--state-dir",
  suffix: "",
  homePlaces: [".local/state/claustrum"],
};
/** How much of the hash of a state directory names its directory of sockets, in characters. */
const HASH_LENGTH = 16;

/**
 * Returns the paths of a hub's files. The sockets are in the state directory, unless their paths would be too long:
 * then they are in a directory below `/tmp/claustrum-UID` that the state directory determines.
 *
 * @throws {NoHomeError} If the state directory is not given and the home directory is unknown.
 */
export function hubPaths({ stateDir, env = Deno.env, uid = tryGetOwnId("uid") }: HubPlace = {}): HubPaths {
  const directory = absolute(stateDir ?? defaultStateDir(env));
  const sockets = hasRoomForSockets(directory) ? directory : shortDirectory(directory, uid);
  return {
    directory,
    sockets,
    database: `${directory}/hub.db`,
    socket: `${sockets}/hub.sock`,
    tmuxSocket: `${sockets}/tmux.sock`,
    hosts: `${sockets}/hosts`,
    token: `${directory}/hub.token`,
    log: `${directory}/hub.log`,
    remote: `${directory}/remote`,
    lock: `${directory}/hub.lock`,
  };
}

/** How many hosts a hub can have: each has a socket of its own. */
export const MAX_HOSTS = 64;

/** Returns the paths at which the sockets of hosts may appear. */
export function hostSockets({ hosts }: Pick<HubPaths, "hosts">): string[] {
  return Array.from({ length: MAX_HOSTS }, (_, slot) => `${hosts}/${slot}.sock`);
}

/**
 * Creates the directories of a hub, or checks that only this user can change the existing ones.
 *
 * @throws {ServeError} If one cannot be created, belongs to another user, or is writable or replaceable by others.
 */
export async function prepareHubDirectories({ directory, sockets, hosts }: HubPaths): Promise<void> {
  await preparePrivateDirectory(directory, STATE_DIR_OPTION);
  if (sockets === directory) return await preparePrivateDirectory(hosts, STATE_DIR_OPTION);
  // Its parent is in a directory that all users share, so it must be this user's, too.
  await preparePrivateDirectory(parentOf(sockets), STATE_DIR_OPTION);
  await preparePrivateDirectory(sockets, STATE_DIR_OPTION);
  await preparePrivateDirectory(hosts, STATE_DIR_OPTION);
}

/** Returns an unused path that the hub's socket can be bound to before it is published. */
export function hubStagingPath({ sockets, socket }: HubPaths): string | undefined {
  return newStagingPath({ directory: sockets, socket });
}

function defaultStateDir(env: { get(name: string): string | undefined }): string {
  const base = env.get("XDG_STATE_HOME");
  if (base?.startsWith("/")) return `${base}/claustrum`;
  const home = env.get("HOME");
  if (home === undefined || home === "") throw new NoHomeError();
  return `${home}/.local/state/claustrum`;
}

/** Two spellings of a directory must not lead to two sockets. */
function absolute(path: string): string {
  const full = path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
  const parts: string[] = [];
  for (const part of full.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function hasRoomForSockets(directory: string): boolean {
  return socketPathProblem(`${directory}/tmux.sock`) === undefined;
}

function shortDirectory(directory: string, uid: number | undefined): string {
  const hash = createHash("sha256").update(directory).digest("hex").slice(0, HASH_LENGTH);
  return `/tmp/claustrum-${uid ?? "user"}/${hash}`;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
