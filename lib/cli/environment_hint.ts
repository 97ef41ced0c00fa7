/**
 * Tells a person that a command is not what it would be in this shell: the daemon has a PATH of its own.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { RpcCallError } from "../client/errors.ts";
import { lookUpCommand } from "../process/command_lookup.ts";
import { SpawnError } from "../process/spawn_error.ts";
import { isPermissionMissing } from "../system/permissions.ts";
import { NOT_FOUND } from "./exit_code.ts";
import { printMessage } from "./print.ts";
import { toOneLine } from "./terminal_text.ts";

/** A command that was started. */
export interface StartedCommand {
  /** The id of its process. */
  readonly id: string;
  /** The command as the person has given it. */
  readonly command: string;
  /** Whether it runs in a terminal; there it is found by the PATH that it gets. */
  readonly hasTerminal: boolean;
}

/** Tells a person who looks that the command runs another file than it would in this shell. */
export async function hintAtStart(client: Client, started: StartedCommand): Promise<void> {
  if (!Deno.stderr.isTerminal() || isPath(started.command)) return;
  const own = findHere(started.command);
  const { file } = await filesOf(client, started);
  if (own === undefined || file === undefined || await isSamePlace(own, file)) return;
  printMessage(`this runs ${toOneLine(file)}, and not ${toOneLine(own)} as in this shell: add --path for that`);
}

/** Tells a person whose command was not found in a terminal that this shell would have found it. */
export async function hintAtEnd(client: Client, started: StartedCommand, exitCode: number): Promise<void> {
  if (exitCode !== NOT_FOUND || !started.hasTerminal) return;
  const { file, isKnown } = await filesOf(client, started);
  if (isKnown && file === undefined) hintAtMissing(started.command);
}

/** Tells a person whose command the daemon has not found that this shell would have found it. */
export function hintAtMissing(command: string): void {
  const own = isPath(command) ? undefined : findHere(command);
  if (own !== undefined) printMessage(`your PATH has ${toOneLine(own)}, and that of the daemon has not: add --path`);
}

function isPath(command: string): boolean {
  return command.includes("/");
}

function findHere(command: string): string | undefined {
  return findOn(Deno.env.get("PATH") ?? "", command);
}

function findOn(path: string, command: string): string | undefined {
  try {
    return lookUpCommand(command, { path, cwd: "/" }).file;
  } catch (error) {
    if (error instanceof SpawnError || isPermissionMissing(error)) return undefined;
    throw error;
  }
}

/** Finds what the daemon runs. It is not known of an older daemon, and of one that passes its own PATH on. */
async function filesOf(
  client: Client,
  { id, command, hasTerminal }: StartedCommand,
): Promise<{ readonly isKnown: boolean; readonly file?: string | undefined }> {
  try {
    const { file, env } = await client.call("process.inspect", { id, env: hasTerminal });
    if (!hasTerminal) return { isKnown: file !== undefined, file };
    const path = env?.["PATH"];
    return { isKnown: path !== undefined, file: path === undefined ? undefined : findOn(path, command) };
  } catch (error) {
    if (error instanceof RpcCallError) return { isKnown: false };
    throw error;
  }
}

/** Whether two files are in the same directory. What they link to does not count: Python tells by that what it loads. */
async function isSamePlace(a: string, b: string): Promise<boolean> {
  return a === b || await directoryOf(a) === await directoryOf(b);
}

async function directoryOf(file: string): Promise<string> {
  const directory = file.replace(/\/[^/]*$/, "") || "/";
  try {
    return await Deno.realPath(directory);
  } catch {
    return directory; // it cannot be read, so its name has to do
  }
}
