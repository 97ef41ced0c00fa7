/**
 * Running a program that should end soon, with a deadline.
 *
 * @module
 */

import { lookUpCommand } from "./command_lookup.ts";
import { SpawnError } from "./spawn_error.ts";
import { ProcessGroup } from "./process_group.ts";
import { startInGroup } from "./spawn_child.ts";
import { type Clock, keepAlive, systemClock } from "../system/clock.ts";
import { type Deadline, endsInTime } from "./deadline.ts";

/** How often to retry a program that is busy: while another process has the file open for writing, it cannot be run. */
const BUSY_ATTEMPTS = 20;
const BUSY_POLL_MS = 10;

/** Options of {@linkcode runBriefly}. */
export interface RunBrieflyOptions extends Deadline {
  /** Whether its output is returned; it is discarded otherwise. @default {false} */
  readonly captures?: boolean;
}

/**
 * Runs a program without input, and kills its group if it does not end in time.
 *
 * @param command A bare name, looked up on the PATH, or a path.
 * @returns Whether the program exited with 0, and its output if it was captured; `undefined` if it could not be
 * started, did not end in time or was aborted.
 */
export async function runBriefly(
  command: string,
  args: readonly string[],
  { timeoutMs, captures = false, signal, clock = systemClock }: RunBrieflyOptions,
): Promise<{ isOk: boolean; text: string } | undefined> {
  const child = await start(command, args, captures, clock);
  if (child === undefined) return undefined;
  const ending = captures ? printed(child) : child.status.then(({ success }) => ({ isOk: success, text: "" }));
  const isInTime = await endsInTime(new ProcessGroup(child), ending, { timeoutMs, signal, clock });
  const outcome = await ending;
  return isInTime && signal?.aborted !== true ? outcome : undefined;
}

async function printed(child: Deno.ChildProcess): Promise<{ isOk: boolean; text: string }> {
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { isOk: success, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

async function start(
  command: string,
  args: readonly string[],
  captures: boolean,
  clock: Clock,
): Promise<Deno.ChildProcess | undefined> {
  using _alive = keepAlive();
  const output = captures ? "piped" : "null";
  for (let attempt = 1;; attempt++) {
    try {
      const found = lookUpCommand(command, { path: Deno.env.get("PATH") ?? "", cwd: Deno.cwd() });
      // Started directly: the exit code of a wrapper would hide why the program could not be executed.
      const direct = { ...found, isNative: false };
      return startInGroup(direct, args, { stdin: "null", stdout: output, stderr: output });
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      if (!error.message.endsWith("text file busy") || attempt === BUSY_ATTEMPTS) return undefined;
      await new Promise<void>((resolve) => clock.after(BUSY_POLL_MS, resolve));
    }
  }
}
