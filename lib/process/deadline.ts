/**
 * A deadline for a child: its whole process group is killed when it takes too long or is no longer wanted.
 *
 * @module
 */

import { type Clock, happensWithin, systemClock } from "../system/clock.ts";
import type { ProcessGroup } from "./process_group.ts";

/** When a child is killed. */
export interface Deadline {
  /** How long the child may take, in milliseconds; 0 for no limit. */
  readonly timeoutMs: number;
  /** Kills the child's group when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** The source of time. @default {systemClock} */
  readonly clock?: Clock | undefined;
}

/**
 * Waits for a child to end and kills its group at the deadline or when the signal is aborted.
 *
 * @param group The group that the child leads.
 * @param ending Settles when the child has ended; a rejection counts as an end and stays with the caller.
 * @returns Whether the child ended before the deadline. After `false`, `ending` may still be pending: a process
 * that left the group can keep the child's pipes open.
 */
export async function endsInTime(
  group: ProcessGroup,
  ending: Promise<unknown>,
  { timeoutMs, signal, clock = systemClock }: Deadline,
): Promise<boolean> {
  const kill = () => group.signal("SIGKILL");
  signal?.addEventListener("abort", kill, { once: true });
  if (signal?.aborted) kill();
  try {
    const settled = ending.then(() => {}, () => {});
    if (timeoutMs === 0) await settled;
    else if (!await happensWithin(settled, timeoutMs, clock)) {
      kill();
      return false;
    }
    return true;
  } finally {
    signal?.removeEventListener("abort", kill);
  }
}
