/**
 * Connects a command to the daemon. Its error messages suggest what to do next.
 *
 * @module
 */

import { type Client, connect } from "../client/connect.ts";
import { dial, DialError } from "../client/dial.ts";
import { TokenFileError } from "../client/errors.ts";
import { TokenRefusedError } from "../client/stop.ts";
import { errnoCode } from "../system/errno.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { daemonPaths } from "../system/paths.ts";
import { tryGetOwnId } from "../system/permissions.ts";
import { checkSocketPath } from "./socket_path.ts";

/** No daemon is listening on the socket. */
export class NoDaemonError extends ClaustrumError {
  /** Creates the error, which says how to start a daemon. */
  constructor(socket: string, options?: ErrorOptions) {
    super(`no daemon is listening on ${socket}: start one with claustrum serve`, options);
  }
}

/**
 * Connects with the token in `CLAUDE_RPC_TOKEN`, or else the one in `daemon.token` beside the socket.
 *
 * @param signal Aborts the attempt.
 * @throws {NoDaemonError} If no daemon is listening.
 * @throws {TokenRefusedError} If the daemon refuses the token.
 * @throws {ClaustrumError} If the socket or the token cannot be used.
 * @throws The reason of the signal, if it aborts.
 */
export async function connectToDaemon(socket: string, signal?: AbortSignal): Promise<Client> {
  checkSocketPath(socket);
  const token = Deno.env.get("CLAUDE_RPC_TOKEN");
  try {
    return await connect({
      socket,
      ...(token === undefined || token === "" ? {} : { token }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (error instanceof TokenRefusedError) {
      const advice = token === undefined || token === ""
        ? notItsToken(socket)
        : "it is that of CLAUDE_RPC_TOKEN: unset it";
      throw new TokenRefusedError(`${error.message}: ${advice}`, { cause: error });
    }
    if (!(error instanceof DialError || error instanceof TokenFileError)) throw error;
    // A token file that cannot be read may be left over from a daemon that no longer runs.
    if (await isAbsent(socket, error)) {
      throw new NoDaemonError(socket, { cause: error });
    }
    throw new ClaustrumError(await describeUnreachable(socket, error), { cause: error });
  }
}

function notItsToken(socket: string): string {
  return `${daemonPaths(socket).token} is not the one that it has written: claustrum serve --replace starts another ` +
    "daemon, and ends the processes of this one";
}

async function isAbsent(socket: string, error: DialError | TokenFileError): Promise<boolean> {
  if (error instanceof DialError) return error.isAbsent;
  try {
    (await dial(socket)).close();
    return false;
  } catch (error) {
    if (!(error instanceof DialError)) throw error;
    return error.isAbsent;
  }
}

async function describeUnreachable(socket: string, error: Error): Promise<string> {
  const { directory } = daemonPaths(socket);
  const owner = await foreignOwner(socket) ?? await foreignOwner(directory);
  if (owner === undefined) return `${error.message}: choose another --socket`;
  return `the daemon on ${socket} belongs to user ${owner} and accepts no other user: choose another --socket`;
}

/** Returns the owner of a file if that is another user. */
async function foreignOwner(path: string): Promise<number | undefined> {
  const me = tryGetOwnId("uid");
  try {
    const { uid } = await Deno.lstat(path);
    return uid === null || me === undefined || uid === me ? undefined : uid;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}
