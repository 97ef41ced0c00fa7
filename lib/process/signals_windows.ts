/**
 * Ending processes and process trees on Windows, which has no signals: every signal ends.
 *
 * @module
 */

import type { GroupLeader } from "./spawn_child.ts";

/**
 * Ends a process.
 *
 * @param leader The process.
 * @param _signal Which signal was meant; Windows has one way to end a process only.
 */
export function signalLeader({ pid }: GroupLeader, _signal: Deno.Signal): void {
  endTask("/PID", String(pid), "/F");
}

/**
 * Ends a process and its descendants.
 *
 * @param pid The process.
 * @param _signal Which signal was meant.
 * @returns That there was something to end; without waiting nobody knows.
 */
export function signalGroup(pid: number, _signal: Deno.Signal): boolean {
  endTask("/PID", String(pid), "/F", "/T");
  return true;
}

/** Without its root a tree cannot be found any more. */
export function hasGroup(_pid: number): boolean {
  return false;
}

function endTask(...args: string[]): void {
  // The exit code only tells that the process was gone already.
  void new Deno.Command("taskkill", { args, stdin: "null", stdout: "null", stderr: "null" }).output();
}
