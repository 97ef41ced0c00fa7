/**
 * Measures what processes use of the machine, together with their descendants.
 *
 * @module
 */

import { darwinUsage } from "./process_usage_darwin.ts";
import { linuxUsage } from "./process_usage_linux.ts";
import type { ProcessUsage } from "./usage.ts";

export type { ProcessUsage } from "./usage.ts";

/**
 * Reads what processes use.
 *
 * @param leaders The ids of processes that lead their sessions and groups.
 * @returns By id, without those that have ended; `undefined` if this program cannot find it out, and on Windows.
 */
export async function readUsage(
  leaders: ReadonlySet<number>,
): Promise<ReadonlyMap<number, ProcessUsage> | undefined> {
  if (Deno.build.os === "linux") return linuxUsage(leaders);
  return Deno.build.os === "darwin" ? await darwinUsage(leaders) : undefined;
}
