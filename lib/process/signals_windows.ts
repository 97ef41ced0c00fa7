/**
 * Ending processes and process trees on Windows, which has no signals: every signal ends.
 *
 * @module
 */

/**
 * Ends a process, or its whole tree.
 *
 * @param pid The process.
 * @param _signal Which signal was meant; Windows has one way to end a process only.
 * @param isGroup Whether its descendants end with it.
 */
export function sendSignal(pid: number, _signal: Deno.Signal, isGroup: boolean): void {
  const args = ["/PID", String(pid), "/F"];
  if (isGroup) args.push("/T");
  // taskkill's exit code only tells that the process was gone already.
  void new Deno.Command("taskkill", { args, stdin: "null", stdout: "null", stderr: "null" }).output();
}

/** Without its root the tree cannot be found any more: nothing to do. */
export function killRemains(_pid: number): void {}
