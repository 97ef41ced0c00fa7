/**
 * Running a program that should end soon, with a deadline.
 *
 * @module
 */

import { lookUpCommand } from "./command_lookup.ts";
import { SpawnError } from "./spawn_error.ts";
import { ProcessGroup } from "./process_group.ts";
import { startInGroup } from "./spawn_child.ts";
import { type Clock, happensWithin, keepAlive, systemClock } from "../system/clock.ts";
import { errnoCode } from "../system/errno.ts";
import { concat } from "../system/io.ts";
import { type Deadline, endsInTime } from "./deadline.ts";

/**
 * How often to retry a program that is busy: while another process has the file open for writing, it cannot be run. A child
 * that this program starts at the same time has it open too, until it runs its own program; a busy machine takes its time.
 */
const BUSY_ATTEMPTS = 200;
const BUSY_POLL_MS = 10;

/** Options of {@linkcode runBriefly}. */
export interface RunBrieflyOptions extends Deadline {
  /** Whether its output is returned, or the beginning of its stderr alone; it is discarded otherwise. @default {false} */
  readonly captures?: boolean | "stderr";
}

/** How much is kept of what a program prints to its stderr, in bytes. */
const MAX_STDERR_BYTES = 8192;
/** How long to read the stderr of a program that has ended, in milliseconds. */
const PIPE_MS = 500;

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
  options: RunBrieflyOptions,
): Promise<{ isOk: boolean; text: string } | undefined> {
  const outcome = await runWithin(command, args, options);
  return outcome.kind === "exited" ? outcome : undefined;
}

/** How the run of a program went. */
export type BriefOutcome =
  /** It has ended. */
  | { readonly kind: "exited"; readonly isOk: boolean; readonly text: string }
  /** It did not end in time, or was aborted. */
  | { readonly kind: "late" }
  /** It could not be started. */
  | { readonly kind: "not started"; readonly reason: string };

/** Runs a program as {@linkcode runBriefly} does, and says what went wrong. */
export async function runWithin(
  command: string,
  args: readonly string[],
  { timeoutMs, captures = false, signal, clock = systemClock }: RunBrieflyOptions,
): Promise<BriefOutcome> {
  const child = await start(command, args, captures, clock);
  if (typeof child === "string") return { kind: "not started", reason: child };
  if (captures === "stderr") return await endsWithStderr(child, { timeoutMs, signal, clock });
  const ending = captures ? printed(child) : child.status.then(({ success }) => ({ isOk: success, text: "" }));
  const isInTime = await endsInTime(new ProcessGroup(child), ending, { timeoutMs, signal, clock });
  const outcome = await ending;
  return isInTime && signal?.aborted !== true ? { kind: "exited", ...outcome } : { kind: "late" };
}

/** Waits for a program whose output may be endless, and that may leave others behind that hold its pipe. */
async function endsWithStderr(child: Deno.ChildProcess, deadline: Deadline): Promise<BriefOutcome> {
  const errors = firstText(child.stderr, MAX_STDERR_BYTES);
  const isInTime = await endsInTime(new ProcessGroup(child), child.status, deadline);
  const { success } = await child.status;
  const { clock = systemClock, signal } = deadline;
  await happensWithin(errors.ended, PIPE_MS, clock);
  await errors.cancel();
  return isInTime && signal?.aborted !== true
    ? { kind: "exited", isOk: success, text: errors.text() }
    : { kind: "late" };
}

/** Reads a stream to its end, and keeps its first bytes. */
function firstText(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
): { text: () => string; ended: Promise<void>; cancel: () => Promise<void> } {
  const kept: Uint8Array[] = [];
  let size = 0;
  const reader = stream.getReader();
  const read = async () => {
    for (let next = await reader.read(); next.value !== undefined; next = await reader.read()) {
      if (size < maxBytes) kept.push(next.value.slice(0, maxBytes - size));
      size += next.value.length;
    }
  };
  return {
    text: () => new TextDecoder().decode(concat(kept)),
    ended: read().catch(() => {}), // a pipe that cannot be read has nothing more to say
    cancel: () => reader.cancel(),
  };
}

async function printed(child: Deno.ChildProcess): Promise<{ isOk: boolean; text: string }> {
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { isOk: success, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

async function start(
  command: string,
  args: readonly string[],
  captures: boolean | "stderr",
  clock: Clock,
): Promise<Deno.ChildProcess | string> {
  using _alive = keepAlive();
  const stdout = captures === true ? "piped" : "null";
  const stderr = captures === false ? "null" : "piped";
  for (let attempt = 1;; attempt++) {
    try {
      const found = lookUpCommand(command, { path: Deno.env.get("PATH") ?? "", cwd: Deno.cwd() });
      // Started directly: the exit code of a wrapper would hide why the program could not be executed.
      const direct = { ...found, isNative: false };
      return startInGroup(direct, args, { stdin: "null", stdout, stderr });
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      if (errnoCode(error.cause) !== "ETXTBSY" || attempt === BUSY_ATTEMPTS) return error.message;
      await new Promise<void>((resolve) => clock.after(BUSY_POLL_MS, resolve));
    }
  }
}
