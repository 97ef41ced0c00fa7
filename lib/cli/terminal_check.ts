/**
 * Finds out whether the daemon can start a command in a terminal, before it does: what fails in the terminal would be
 * seen by those only who look at it.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { RpcCallError } from "../client/errors.ts";
import { runCommand } from "../client/run_command.ts";
import { execError, notFoundError } from "../process/spawn_error.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { NOT_EXECUTABLE, NOT_FOUND, startErrorCode } from "./exit_code.ts";
import { printMessage } from "./print.ts";

/** The exit code of the check where the program is missing that gives terminals. */
const NO_SCRIPT = 3;
/** Looks a command up as `exec` does; the exit codes are those of shells. */
const CHECK = `command -v script >/dev/null && command -v stty >/dev/null || exit ${NO_SCRIPT}
case $1 in
*/*)
  [ -e "$1" ] || exit ${NOT_FOUND}
  [ -f "$1" ] && [ -x "$1" ] || exit ${NOT_EXECUTABLE} ;;
*)
  set -f
  IFS=:
  for directory in $PATH; do
    [ -f "\${directory:-.}/$1" ] && [ -x "\${directory:-.}/$1" ] && exit 0
  done
  exit ${NOT_FOUND} ;;
esac`;

/** What is to be started. */
export interface CheckedCommand {
  /** The program: a path, or a name that is looked up on the PATH. */
  readonly command: string;
  /** The working directory. */
  readonly cwd: string;
  /** Variables over those of the daemon. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Checks that a command can be started in a terminal. If it cannot, it says why as the daemon does without a terminal.
 *
 * @returns The exit code of this command in that case, else `undefined`.
 * @throws {ClaustrumError} If the daemon's machine has no program that gives terminals.
 */
export async function checkInTerminal(
  client: Client,
  { command, cwd, env }: CheckedCommand,
): Promise<number | undefined> {
  if (command === "") return refuse("Command is required");
  try {
    const args = ["-c", CHECK, "claustrum-check", command];
    const { code } = await runCommand(client, { command: "/bin/sh", args, cwd, env });
    switch (code) {
      case NO_SCRIPT:
        throw new ClaustrumError(
          "a terminal needs the programs script and stty where the daemon is: install util-linux or bsdutils",
        );
      case NOT_FOUND:
        return refuse((command.includes("/") ? execError(command, "ENOENT") : notFoundError(command)).message);
      case NOT_EXECUTABLE:
        return refuse(execError(command, "EACCES").message);
      default:
        return undefined;
    }
  } catch (error) {
    if (!(error instanceof RpcCallError)) throw error;
    return refuse(error.message);
  }
}

function refuse(message: string): number {
  printMessage(message);
  return startErrorCode(message);
}
