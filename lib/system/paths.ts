/**
 * Where the daemon's files are: all in the socket's directory, with fixed names (contract: Daemon life).
 *
 * @module
 */

import { ClaustrumError } from "./claustrum_error.ts";

/** The files of a daemon. */
export interface DaemonPaths {
  /** The directory of all these files; its mode is 0700. */
  readonly directory: string;
  /** The socket. */
  readonly socket: string;
  /** The file with the token, for clients that connect later. */
  readonly token: string;
  /** The lock file, held by the one daemon of this directory. */
  readonly lock: string;
  /** The log file: the output of a detached daemon. */
  readonly log: string;
  /** The directory of retired daemons; its mode is 0700. */
  readonly retired: string;
}

/** The home directory is unknown. */
export class NoHomeError extends ClaustrumError {
  constructor() {
    super("cannot resolve home directory: $HOME is not defined");
  }
}

/**
 * Returns the default socket: `~/.claude/remote/rpc.sock`.
 *
 * @param home The home directory.
 * @throws {NoHomeError} If the home directory is absent or empty.
 */
export function defaultSocket(home: string | undefined = Deno.env.get(homeVariable())): string {
  if (home === undefined || home === "") throw new NoHomeError();
  return `${home}/.claude/remote/rpc.sock`;
}

/** Whether a socket is the default one. */
export function isDefaultSocket(socket: string): boolean {
  const home = Deno.env.get(homeVariable());
  return home !== undefined && home !== "" && socket === defaultSocket(home);
}

function homeVariable(): string {
  return Deno.build.os === "windows" ? "USERPROFILE" : "HOME";
}

/** The longest socket path that the system accepts, in bytes. */
const MAX_SOCKET_PATH = Deno.build.os === "darwin" ? 103 : 107;

/** Describes what to do about a socket path that is too long; `undefined` if its length is fine. */
export function socketPathProblem(path: string): string | undefined {
  const { length } = new TextEncoder().encode(path);
  if (length <= MAX_SOCKET_PATH) return undefined;
  return `the socket's path has ${length} bytes and may have ${MAX_SOCKET_PATH} at most: ` +
    `choose a shorter --socket than ${path}`;
}

/** Returns the paths of the files in a socket's directory. */
export function daemonPaths(socket: string): DaemonPaths {
  const absolute = socket.startsWith("/") || Deno.build.os === "windows" ? socket : `${Deno.cwd()}/${socket}`;
  const directory = absolute.replace(/[/\\]+[^/\\]*$/, "") || "/";
  return {
    directory,
    socket: absolute,
    token: `${directory}/daemon.token`,
    lock: `${directory}/daemon.lock`,
    log: `${directory}/remote-server.log`,
    retired: `${directory}/retired`,
  };
}
