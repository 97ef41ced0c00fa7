/**
 * Describes processes for the user.
 *
 * @module
 */

import { withoutLauncher } from "../agent/environment.ts";
import { HELPER_PREFIX } from "../client/run_command.ts";
import { wordsInTerminal } from "../client/terminal_command.ts";
import type { Result } from "../rpc/method_types.ts";
import { shellQuote } from "../system/quote.ts";
import { showControls } from "./terminal_text.ts";

/** How the ids of a hub's processes begin. */
const HUB_PREFIXES = [HELPER_PREFIX, "session/"];

/** A process, as the daemon lists it. */
export type ListedProcess = Result<"process.list">["processes"][number];

/** Shows an id, which may be any text, on one line of a terminal: control characters appear as `^[` and the like. */
export function showId(id: string): string {
  return showControls(id).replaceAll("\n", "^J").replaceAll("\t", "^I");
}

/** Whether an id is that of a hub's process: an agent of a session, or a short command. */
export function isOfHub(id: string): boolean {
  return HUB_PREFIXES.some((prefix) => id.startsWith(prefix));
}

/** Says that a process has not ended, although it was killed. */
export function stillRunning(id: string): string {
  return `process "${showId(id)}" is still running after SIGKILL: see claustrum inspect ${quoteId(id)}`;
}

/** Quotes an id for a command line that is shown to a person; commands accept ids as they are shown. */
export function quoteId(id: string): string {
  return shellQuote(showId(id));
}

/**
 * Describes whether a process runs, like `running`, `exit 3` or `restart in 4s`.
 *
 * @param now The time, in milliseconds since the epoch.
 */
export function describeState(
  { running, restartAt, signal, exitCode }: ListedProcess,
  now: number = Date.now(),
): string {
  if (restartAt !== undefined) return `restart in ${Math.max(0, Math.ceil(restartAt - now / 1000))}s`;
  return running ? "running" : signal ?? `exit ${exitCode}`;
}

/** Describes the restart policy and how often it was used, like `always, 3 times`. */
export function describeRestarts({ restart, restarts = 0 }: ListedProcess): string {
  const count = restarts === 0 ? "" : `${restarts}x`;
  return [restart ?? "", count].filter((text) => text !== "").join(" ");
}

/** Returns the command of a process as a person has given it, without what it is started by. */
export function commandWords(process: ListedProcess): readonly string[] {
  return wordsInTerminal(process) ?? withoutLauncher(process);
}
