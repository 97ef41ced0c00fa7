/**
 * Describes processes for the user.
 *
 * @module
 */

import { withoutLauncher } from "../agent/environment.ts";
import { wordsInTerminal } from "../client/terminal_command.ts";
import type { Result } from "../rpc/method_types.ts";
import { showControls } from "./terminal_text.ts";

/** A process, as the daemon lists it. */
export type ListedProcess = Result<"process.list">["processes"][number];

/** Shows an id, which may be any text, on one line of a terminal: control characters appear as `^[` and the like. */
export function showId(id: string): string {
  return showControls(id).replaceAll("\n", "^J").replaceAll("\t", "^I");
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
