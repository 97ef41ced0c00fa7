/**
 * Signals to processes and process groups on Linux and macOS.
 *
 * @module
 */

/**
 * Signals a process, or its whole group.
 *
 * @param pid The process; its group has the same number.
 * @param signal The signal.
 * @param isGroup Whether the whole group gets it.
 */
export function sendSignal(pid: number, signal: Deno.Signal, isGroup: boolean): void {
  if (isGroup && trySignal(-pid, signal)) return;
  // A child that is only just starting may not have made its group yet.
  trySignal(pid, signal);
}

/**
 * Ends what is left of the group of a child that is gone already. While the group has members its
 * number is not given to another process.
 */
export function killRemains(pid: number): void {
  trySignal(-pid, "SIGKILL");
}

/** Whether there was something to signal. */
function trySignal(target: number, signal: Deno.Signal): boolean {
  try {
    Deno.kill(target, signal);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    // A child that changed its user is there, but not ours to signal.
    if (error instanceof Deno.errors.PermissionDenied) return true;
    throw error;
  }
}
