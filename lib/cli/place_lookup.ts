/**
 * Finds the command that `claustrum exec` starts: on the PATH of the process in whose place it runs, which need not be
 * that of the daemon.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { RpcCallError } from "../client/errors.ts";
import { runCommand } from "../client/run_command.ts";

/** Looks a command up as `exec` does, and prints its file. */
const FIND = `set -f
IFS=:
for directory in $PATH; do
  file=\${directory:-.}/$1
  [ -f "$file" ] && [ -x "$file" ] && printf %s "$file" && exit
done`;

/** Where a command is to run. */
export interface CommandPlace {
  /** The working directory. */
  readonly cwd: string;
  /** Variables over those of the daemon. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Finds a command on the PATH that it gets, where the daemon is.
 *
 * @returns The file. The command as it is if that is a path, if it gets no PATH, or if it is not there: starting it says
 * why then.
 */
export async function findInPlace(client: Client, command: string, { cwd, env }: CommandPlace): Promise<string> {
  if (command === "" || command.includes("/") || env["PATH"] === undefined) return command;
  try {
    const args = ["-c", FIND, "claustrum-find", command];
    const { stdout } = await runCommand(client, { command: "/bin/sh", args, cwd, env });
    return new TextDecoder().decode(stdout) || command;
  } catch (error) {
    if (error instanceof RpcCallError) return command;
    throw error;
  }
}
