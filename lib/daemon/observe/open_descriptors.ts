/**
 * How many descriptors the daemon has open, as far as the system tells.
 *
 * @module
 */

import { errnoCode } from "../../system/errno.ts";

/** Counts them; a narrowed runtime may not look, but a child may. `undefined` where the system does not tell. */
export async function countOpenDescriptors(pid: number = Deno.pid): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  try {
    const command = new Deno.Command("/bin/ls", { args: ["-1", `/proc/${pid}/fd`], stdin: "null", stderr: "null" });
    const { success, stdout } = await command.output();
    return success ? new TextDecoder().decode(stdout).split("\n").length - 1 : undefined;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}
