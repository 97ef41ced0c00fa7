/**
 * Ends processes as `claustrum stop` does the daemon: with their groups, and by SIGKILL only if they do not obey.
 *
 * @module
 */

import { connectToDaemon } from "./daemon_client.ts";
import { printMessage } from "./print.ts";
import { chooseProcesses } from "./process_lookup.ts";
import { stillRunning } from "./process_text.ts";

/**
 * Ends processes.
 *
 * @param texts Their ids, or unique beginnings of these.
 * @param timeoutMs How long they may take after SIGTERM, in milliseconds.
 * @returns The exit code.
 * @throws {ClaustrumError} If no daemon is listening, or there is no such process.
 */
export async function stopProcesses(socket: string, texts: readonly string[], timeoutMs: number): Promise<number> {
  await using client = await connectToDaemon(socket);
  const { processes } = await client.call("process.list");
  const chosen = chooseProcesses(processes, texts, { isTold: true });
  const wait = Math.max(1, Math.ceil(timeoutMs));
  const ended = await Promise.all(chosen.map(async ({ id }) => {
    const { died } = await client.call("process.killAndWait", { id, signal: "TERM", group: true, timeoutMs: wait });
    if (!died) printMessage(stillRunning(id));
    return died;
  }));
  return ended.every((hasEnded) => hasEnded) ? 0 : 1;
}
