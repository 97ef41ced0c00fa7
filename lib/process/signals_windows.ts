/**
 * Ending processes and process trees on Windows, which has no signals: every signal ends the process.
 *
 * @module
 */

import type { GroupLeader } from "./spawn_child.ts";

/**
 * Ends a process.
 *
 * @param leader The process.
 * @param _signal The requested signal, which is ignored.
 */
export function signalLeader({ pid }: GroupLeader, _signal: Deno.Signal): void {
  endTask("/PID", String(pid), "/F");
}

/**
 * Ends a process and its descendants.
 *
 * @param pid The process.
 * @param _signal The requested signal, which is ignored.
 * @returns `true`: the result is only known after waiting.
 */
export function signalGroup(pid: number, _signal: Deno.Signal): boolean {
  endTask("/PID", String(pid), "/F", "/T");
  return true;
}

/** Returns `false`: a process tree cannot be found without its root. */
export function hasGroup(_pid: number): boolean {
  return false;
}

function endTask(...args: string[]): void {
  // The exit code only says whether the process had already ended.
  void new Deno.Command("taskkill", { args, stdin: "null", stdout: "null", stderr: "null" }).output();
}
