/**
 * The number of descriptors that the user's programs may have open. The runtime raises this limit for itself when it
 * starts, so the process that started the runtime is asked. This may go once the runtime restores the limit in its
 * child processes.
 *
 * @module
 */

import { readProc } from "../../system/proc_linux.ts";

const SOFT_LIMIT = /^Max open files +(\d+) /m;

/**
 * Returns the soft limit that this program was started with.
 *
 * @returns `undefined` when the limit is unknown, or when it is not lower than the program's own: a child cannot have
 * more than that.
 */
export async function inheritedDescriptorLimit(): Promise<number | undefined> {
  const inherited = await softLimit(Deno.ppid) ?? Infinity;
  return inherited < (await softLimit(Deno.pid) ?? 0) ? inherited : undefined;
}

async function softLimit(pid: number): Promise<number | undefined> {
  const limit = SOFT_LIMIT.exec(await readProc(`/proc/${pid}/limits`) ?? "")?.[1];
  return limit === undefined ? undefined : Number(limit);
}
