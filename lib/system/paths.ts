/**
 * Where the daemon's files are: all beside the socket, with fixed names (contract: Daemon life).
 *
 * @module
 */

import { ClaustrumError } from "./claustrum_error.ts";

/** The files of a daemon. */
export interface DaemonPaths {
  /** The directory of all of them, 0700. */
  readonly directory: string;
  /** The socket. */
  readonly socket: string;
  /** The token, for clients that come later. */
  readonly token: string;
  /** Held by the one daemon of this directory. */
  readonly lock: string;
  /** The detached daemon's output. */
  readonly log: string;
  /** The directory of daemons that have retired, 0700. */
  readonly retired: string;
}

/** The home directory is not known. */
export class NoHomeError extends ClaustrumError {
  constructor() {
    super("cannot resolve home directory: $HOME is not defined");
  }
}

/**
 * The socket that is meant when none is named: `~/.claude/remote/rpc.sock`.
 *
 * @param home The home directory.
 * @throws {NoHomeError} If it is absent or empty.
 */
export function defaultSocket(home: string | undefined = Deno.env.get(homeVariable())): string {
  if (home === undefined || home === "") throw new NoHomeError();
  return `${home}/.claude/remote/rpc.sock`;
}

/** Whether a socket is the one that is meant when none is named. */
export function isDefaultSocket(socket: string): boolean {
  const home = Deno.env.get(homeVariable());
  return home !== undefined && home !== "" && socket === defaultSocket(home);
}

function homeVariable(): string {
  return Deno.build.os === "windows" ? "USERPROFILE" : "HOME";
}

/** The longest path that the system takes for a socket, in bytes. */
const MAX_SOCKET_PATH = Deno.build.os === "darwin" ? 103 : 107;

/** What is wrong with the length of a socket's path, and what to do; `undefined` when nothing is. */
export function socketPathProblem(path: string): string | undefined {
  const { length } = new TextEncoder().encode(path);
  if (length <= MAX_SOCKET_PATH) return undefined;
  return `the socket's path has ${length} bytes and may have ${MAX_SOCKET_PATH} at most: ` +
    `choose a shorter --socket than ${path}`;
}

/** The files beside a socket. */
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
