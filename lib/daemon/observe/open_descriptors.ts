/**
 * The number of open descriptors, for the metrics.
 *
 * @module
 */

import { listProc } from "../../system/proc_linux.ts";

/**
 * Counts the open descriptors of a process.
 *
 * @param pid The id of the process.
 * @returns `undefined` where the system does not provide the number.
 */
export async function countOpenDescriptors(pid: number = Deno.pid): Promise<number | undefined> {
  return (await listProc(`/proc/${pid}/fd`))?.length;
}
