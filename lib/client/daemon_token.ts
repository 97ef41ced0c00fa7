/**
 * The token that a daemon leaves for its clients.
 *
 * @module
 */

import { errnoCode, errnoText } from "../system/errno.ts";
import { daemonPaths } from "../system/paths.ts";
import { TokenFileError } from "./errors.ts";

/**
 * Reads the token that the daemon on a socket has left for its clients.
 *
 * @returns The token; `""` when there is none.
 * @throws {TokenFileError} If it cannot be read.
 */
export async function readDaemonToken(socket: string): Promise<string> {
  const { token } = daemonPaths(socket);
  try {
    // Reading a FIFO would wait for ever.
    if (!(await Deno.stat(token)).isFile) throw new TokenFileError(token, "not a regular file");
    return await Deno.readTextFile(token);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return "";
    if (errnoCode(error) === undefined) throw error;
    throw new TokenFileError(token, errnoText(error), { cause: error });
  }
}
