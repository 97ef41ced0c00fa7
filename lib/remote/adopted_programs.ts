/**
 * Programs of which only the process is known: those that another program started, or whose daemon has died.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import { descendants, processStart } from "../client/process_tree.ts";
import { runCommand } from "../client/run_command.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import type { Program, ProgramEnd } from "./program.ts";

/** How often to look whether a process is there, in milliseconds. */
const LOOK_MS = 2_000;

/**
 * Returns a process that is there and was started then; `undefined` if it has ended, or is another one by now.
 *
 * @param onFailure Called with unexpected errors.
 */
export async function adopt(
  line: DaemonLine,
  pid: number,
  procStart: string,
  onFailure: (error: unknown) => void,
): Promise<Program | undefined> {
  if (await processStart(await line.soon(), pid) !== procStart) return undefined;
  let isOver = false;
  const left = Promise.withResolvers<ProgramEnd>();
  const look = async (): Promise<ProgramEnd> => {
    while (!isOver && !line.signal.aborted) {
      await line.pause(LOOK_MS);
      if (isOver || line.signal.aborted) break;
      if (line.isUp && !await isThere(line, pid, procStart)) {
        return { kind: "ended", reason: "the program has ended" };
      }
    }
    return { kind: "lost" };
  };
  const signal = async (name: string, pids: readonly number[]) =>
    void await runCommand(line.now(), { command: "kill", args: [`-${name}`, ...pids.map(String)] });
  return {
    pid,
    procStart,
    isAdopted: true,
    ended: Promise.race([
      left.promise,
      look().catch((error): ProgramEnd => {
        if (!(error instanceof ClaustrumError)) onFailure(error);
        return { kind: "lost" };
      }),
    ]),
    async interrupt() {
      if (await isThere(line, pid, procStart)) await signal("INT", [pid]);
    },
    async kill() {
      if (await isThere(line, pid, procStart)) await killTree(line.now(), pid, true);
    },
    [Symbol.dispose]() {
      isOver = true;
      left.resolve({ kind: "lost" });
    },
  };
}

/** While nobody can be asked, a process counts as there. */
async function isThere(line: DaemonLine, pid: number, procStart: string): Promise<boolean> {
  const client = line.now();
  try {
    return await processStart(client, pid) === procStart;
  } catch (error) {
    if (line.noteFailure(client, error)) return true;
    throw error;
  }
}

/** Kills all processes below one, which may have groups of their own, and perhaps that one. */
export async function killTree(client: Client, pid: number, isRootKilled: boolean): Promise<void> {
  const pids = [...await descendants(client, pid), ...(isRootKilled ? [pid] : [])];
  if (pids.length > 0) await runCommand(client, { command: "kill", args: ["-KILL", ...pids.map(String)] });
}
