/**
 * How busy a machine is, in numbers that are shown.
 *
 * @module
 */

import type { MachineLoad } from "../../remote/types.ts";

/** From here on a machine has little room left, in percent. */
const HEAVY = 90;

/** Returns how much of the memory is in use, in percent. */
export function memoryPercent({ memory_bytes, memory_used_bytes }: MachineLoad): number {
  return memory_bytes === 0 ? 0 : Math.round(100 * memory_used_bytes / memory_bytes);
}

/** Whether so much of something is in use that a person should see it. */
export function isHeavy(percent: number): boolean {
  return percent >= HEAVY;
}
