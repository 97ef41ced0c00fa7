/**
 * Signals to processes and process groups on Linux and macOS.
 *
 * @module
 */

import type { GroupLeader } from "./spawn_child.ts";

/** Asks whether somebody is there, and signals nobody. */
const NO_SIGNAL = 0;

/**
 * Signals a child. The runtime knows whether it has reaped the child, so that nobody who has its number by then is hit.
 *
 * @param leader The child.
 * @param signal The signal.
 */
export function signalLeader(leader: GroupLeader, signal: Deno.Signal): void {
  try {
    leader.kill(signal);
  } catch (error) {
    // It has ended just now.
    if (error instanceof TypeError || error instanceof Deno.errors.NotFound) return;
    // A child that changed its user is there, but not ours to signal.
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
  }
}

/**
 * Signals a process group.
 *
 * @param pid Its number, which is that of the child that made it.
 * @param signal The signal.
 * @returns Whether there was anybody to signal.
 */
export function signalGroup(pid: number, signal: Deno.Signal): boolean {
  return trySignal(-pid, signal);
}

/** Whether a process group has members; `true` where this program may not ask. */
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
