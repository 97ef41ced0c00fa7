/**
 * The token file that a daemon writes for its clients.
 *
 * @module
 */

import { errnoCode, errnoText, isMissing } from "../system/errno.ts";
import { daemonPaths } from "../system/paths.ts";
import { TokenFileError } from "./errors.ts";

/**
 * Reads `daemon.token` in the directory of a daemon's socket.
 *
 * @returns The token; `""` if there is no such file.
 * @throws {TokenFileError} If the file cannot be read.
 */
export async function readDaemonToken(socket: string): Promise<string> {
  const { token } = daemonPaths(socket);
  try {
    // Reading a FIFO could block forever.
    if (!(await Deno.stat(token)).isFile) throw new TokenFileError(token, "not a regular file");
    return await Deno.readTextFile(token);
  } catch (error) {
    if (isMissing(error)) return "";
    if (errnoCode(error) === undefined) throw error;
    throw new TokenFileError(token, errnoText(error), { cause: error });
  }
}
