/**
 * What all programs in tmux have in common, whoever opens them: their names, their owners, and what tmux makes of words.
 *
 * @module
 */

import type { DaemonLine } from "./daemon_line.ts";
import { RpcCallError } from "./errors.ts";
import { type CommandResult, runCommand } from "./run_command.ts";

/** The option of a tmux session that says whose its program is: an id, "/", and tmux's own id of the pane. */
export const TMUX_OWNER = "@claustrum";

/** Returns a name that a tmux session can have: tmux expands formats in it, and "=", "." and ":" mean something where one
 * is looked up. */
export function tmuxName(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}_-]/gu, "_");
}

/** Returns the first of `name`, `name-2`, `name-3` and so on that is not taken. */
export function freeTmuxName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${name}-${n}`;
  return free;
}

/** Returns a word for a command of tmux that means itself: one that ends in ";" would end the command. */
export function tmuxWord(word: string): string {
  return word.replace(/;$/, "\\;");
}

/** Returns what the daemon says when it cannot run tmux; `undefined` if it can. */
export async function tmuxProblem(line: Pick<DaemonLine, "soon">): Promise<RpcCallError | undefined> {
  try {
    await runCommand(await line.soon(), { command: "tmux", args: ["-V"] });
    return undefined;
  } catch (error) {
    if (!(error instanceof RpcCallError)) throw error;
    return error;
  }
}

/** What tmux has answered when it was asked for a list. */
export type TmuxList =
  | { readonly lines: readonly string[]; readonly failure?: never }
  | { readonly lines?: never; readonly failure: string };

/** Reads a list that tmux has printed. That no server runs is an answer: there is nothing to list then. */
export function readTmuxList({ code, stdout, stderr }: CommandResult): TmuxList {
  if (code === 0) return { lines: new TextDecoder().decode(stdout).split("\n") };
  const reason = new TextDecoder().decode(stderr).trim();
  return hasNoServer(reason) ? { lines: [] } : { failure: `tmux failed: ${reason}` };
}

function hasNoServer(reason: string): boolean {
  return /^no server running on |^error connecting to .* \(No such file or directory\)$/s.test(reason);
}
