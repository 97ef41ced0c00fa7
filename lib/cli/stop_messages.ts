/**
 * The messages of `stop`.
 *
 * @module
 */

import type { EndedProcess, ListedProcess, StopReport } from "../client/stop_gently.ts";
import { counted } from "../system/counted.ts";
import { goQuote } from "../system/quote.ts";

/** How many processes a message lists. */
const MAX_LISTED = 5;
/** The number of characters after which a command line is cut. */
const MAX_COMMAND_CHARS = 60;
/** Text that is printed as it is. Other text is quoted, because it may contain escape sequences. */
const SAFE_TEXT = /^[\w.:@%+,/=-]+$/;

/** The daemon that a message is about. */
export interface StoppedDaemon {
  /** Whether it serves or has retired. */
  readonly kind: "daemon" | "retired daemon";
  /** The id of its process, if it is known. */
  readonly pid: number | undefined;
}

/** Formats the question whether to end processes, without a newline at its end. */
export function confirmationPrompt(pids: readonly number[], processes: readonly ListedProcess[]): string {
  const daemons = pids.length > 1 ? `the daemons (pid ${pids.join(", ")})` : `the daemon${pidText(pids[0])}`;
  const count = counted(processes.length, "process", "processes");
  const named = processes.slice(0, MAX_LISTED).map((process) =>
    `  ${quoteUnsafe(process.id)}  ${commandLine(process)}\n`
  );
  const more = processes.length > MAX_LISTED ? `  and ${processes.length - MAX_LISTED} more\n` : "";
  return `Stopping ${daemons} ends ${count}:\n${named.join("")}${more}Stop? [y/N] `;
}

/** Describes the result of a stop in one line. */
export function describeStop({ kind, pid }: StoppedDaemon, { ended, left, hasStopped }: StopReport): string {
  const daemon = `the ${kind}${pidText(pid)}`;
  const parts = [hasStopped ? `stopped ${daemon}` : `${daemon} was asked to stop and is still running`];
  const gone = ended.filter(({ isAlive }) => !isAlive);
  if (gone.length > 0) parts.push(`ended ${listIds(gone)}${bySignal(gone)}`);
  const alive = ended.filter(({ isAlive }) => isAlive);
  if (alive.length > 0) parts.push(`${listIds(alive)} did not end`);
  if (left.length > 0) parts.push(`left running, without stdin, stdout and stderr: ${listIds(left)}`);
  return parts.join("; ");
}

/** Describes in one line that a retired daemon is still running. */
export function describeStillRunning(pid: number, running: readonly ListedProcess[] | undefined): string {
  const daemon = `the retired daemon${pidText(pid)}`;
  if (running?.length === 0) return `${daemon} has no running processes and will exit by itself`;
  const kept = running === undefined ? "its processes" : listIds(running);
  return `${daemon} keeps running ${kept}; claustrum serve reconnects to it, claustrum stop --all stops it`;
}

function pidText(pid: number | undefined): string {
  return pid === undefined ? "" : ` (pid ${pid})`;
}

/** Formats a list of ids, like `3 processes: a, b, c`. */
function listIds(processes: readonly { readonly id: string }[]): string {
  const names = processes.slice(0, MAX_LISTED).map(({ id }) => quoteUnsafe(id)).join(", ");
  const more = processes.length > MAX_LISTED ? ` and ${processes.length - MAX_LISTED} more` : "";
  return `${counted(processes.length, "process", "processes")}: ${names}${more}`;
}

/** Counts processes by the signal that ended them, like ` (2 by SIGTERM, 1 by SIGKILL)`. */
function bySignal(ended: readonly EndedProcess[]): string {
  const counts = (["SIGTERM", "SIGKILL"] as const).map((signal) => {
    const count = ended.filter(({ by }) => by === signal).length;
    return count === 0 ? [] : [`${count} by ${signal}`];
  }).flat();
  return counts.length === 0 ? "" : ` (${counts.join(", ")})`;
}

function commandLine({ command, args }: ListedProcess): string {
  const line = [command, ...args].map(quoteUnsafe).join(" ");
  return line.length > MAX_COMMAND_CHARS ? `${line.slice(0, MAX_COMMAND_CHARS - 1)}…` : line;
}

function quoteUnsafe(text: string): string {
  return SAFE_TEXT.test(text) ? text : goQuote(text);
}
