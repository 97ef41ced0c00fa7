/**
 * Reading `/proc`. The runtime denies `/proc` to every program without full permissions, whatever else the program may
 * read, but it lets a child process read it.
 *
 * The child stands in for `Deno.readTextFile` and `Deno.readDir`. It may go once the permission to read all files
 * includes `/proc`.
 *
 * @module
 */

import { errnoCode } from "./errno.ts";

/**
 * Reads a file below `/proc`.
 *
 * @returns `undefined` when it cannot be read, and on other systems.
 */
export async function readProc(path: string): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) return undefined;
  }
  return await outputOf("/bin/cat", [path]);
}

/**
 * Lists the names in a directory below `/proc`, as a child process sees them.
 *
 * @returns `undefined` when it cannot be listed, and on other systems.
 */
export async function listProc(path: string): Promise<string[] | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const names = await outputOf("/bin/ls", ["-1", path]);
  return names?.split("\n").filter((name) => name !== "");
}

async function outputOf(program: string, args: string[]): Promise<string | undefined> {
  try {
    const command = new Deno.Command(program, { args, stdin: "null", stderr: "null" });
    const { success, stdout } = await command.output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}
