/**
 * How many descriptors the user's programs may have open. The runtime raises this limit for itself
 * when it starts, so it is told by the process that started us.
 *
 * @module
 */

import { errnoCode } from "../../system/errno.ts";

const SOFT_LIMIT = /^Max open files +(\d+) /m;

/**
 * The soft limit that this program was started with; `undefined` when that is not known, or is no
 * less than what it has: nobody can be given more.
 */
export async function inheritedDescriptorLimit(): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const inherited = await softLimit(Deno.ppid) ?? Infinity;
  return inherited < (await softLimit(Deno.pid) ?? 0) ? inherited : undefined;
}

async function softLimit(pid: number): Promise<number | undefined> {
  const limit = SOFT_LIMIT.exec(await readLimits(pid))?.[1];
  return limit === undefined ? undefined : Number(limit);
}

/** A narrowed runtime may not read it, but a child may. */
async function readLimits(pid: number): Promise<string> {
  const path = `/proc/${pid}/limits`;
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) return "";
  }
  try {
    const command = new Deno.Command("/bin/cat", { args: [path], stdin: "null", stderr: "null" });
    return new TextDecoder().decode((await command.output()).stdout);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return "";
  }
}
