/**
 * Signals to processes and process groups on Linux and macOS.
 *
 * @module
 */

import type { GroupLeader } from "./spawn_child.ts";

/** Checks whether a process exists, without sending a signal. */
const NO_SIGNAL = 0;

/**
 * Signals a child. The runtime tracks whether it has reaped the child, so no other process with a reused id is
 * signalled.
 *
 * @param leader The child.
 * @param signal The signal.
 */
export function signalLeader(leader: GroupLeader, signal: Deno.Signal): void {
  try {
    leader.kill(signal);
  } catch (error) {
    // The child has just ended.
    if (error instanceof TypeError || error instanceof Deno.errors.NotFound) return;
    // A child that runs as another user exists but may not be signalled.
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
  }
}

/**
 * Signals a process group.
 *
 * @param pid The id of the group, which is that of the child that created it.
 * @param signal The signal.
 * @returns Whether the group has members.
 */
export function signalGroup(pid: number, signal: Deno.Signal): boolean {
  return trySignal(-pid, signal);
}

/** Whether a process group has members; `true` if this program lacks the permission to check. */
export function hasGroup(pid: number): boolean {
  try {
    return trySignal(-pid, NO_SIGNAL);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return true;
    throw error;
  }
}

function trySignal(target: number, signal: Deno.Signal | typeof NO_SIGNAL): boolean {
  try {
    Deno.kill(target, signal);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.PermissionDenied) return true;
    throw error;
  }
}
