import { daemonPaths } from "../system/paths.ts";

/** The token that the daemon on a socket has left for its clients; `""` when there is none. */
export async function readTokenBeside(socket: string): Promise<string> {
  try {
    return await Deno.readTextFile(daemonPaths(socket).token);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return "";
    throw error;
  }
}
