/**
 * What processes use on macOS, as `ps` prints it.
 *
 * @module
 */

import { errnoCode } from "./errno.ts";
import type { ProcessUsage } from "./usage.ts";

/** Sums up what the groups of some processes use; see `readUsage()`. */
export async function darwinUsage(
  leaders: ReadonlySet<number>,
): Promise<ReadonlyMap<number, ProcessUsage> | undefined> {
  try {
    const command = new Deno.Command("/bin/ps", { args: ["-A", "-o", "pgid=,rss=,time="], stdin: "null" });
    const { success, stdout } = await command.output();
    return success ? sumOfGroups(new TextDecoder().decode(stdout), leaders) : undefined;
  } catch (error) {
    if (errnoCode(error) === undefined && !(error instanceof Deno.errors.NotCapable)) throw error;
    return undefined;
  }
}

/** Sums up lines of `ps`: the group, the resident memory in KiB and the processor time, like `1:02.50`. */
export function sumOfGroups(lines: string, leaders: ReadonlySet<number>): ReadonlyMap<number, ProcessUsage> {
  const sums = new Map<number, ProcessUsage>();
  for (const line of lines.split("\n")) {
    const [group = "", kilobytes = "", time = ""] = line.trim().split(/\s+/);
    if (!leaders.has(Number(group))) continue;
    const seconds = time.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
    const { cpuMs, memoryBytes } = sums.get(Number(group)) ?? { cpuMs: 0, memoryBytes: 0 };
    sums.set(Number(group), {
      cpuMs: cpuMs + Math.round(seconds * 1000),
      memoryBytes: memoryBytes + Number(kilobytes) * 1024,
    });
  }
  return sums;
}
