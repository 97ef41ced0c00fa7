/**
 * Which environment variables a command gets that `claustrum run` or `exec` starts. It runs in the daemon, whose
 * environment is that of whoever has started the daemon; what it gets of the caller's is said by flags.
 *
 * @module
 */

import { lookUpCommand } from "../process/command_lookup.ts";
import { SpawnError } from "../process/spawn_error.ts";
import type { FlagSpecs, FlagValues } from "./command.ts";
import { parseEnvironmentFile } from "./environment_file.ts";
import { startErrorCode } from "./exit_code.ts";
import { printMessage } from "./print.ts";
import { toOneLine } from "./terminal_text.ts";
import { UsageError } from "./usage_error.ts";

/** The flags that say what a command gets. */
export const ENVIRONMENT_FLAGS = {
  "env": {
    kind: "list",
    short: "e",
    value: "K[=V]",
    help: "set an environment variable; without =V, to its value here; may be repeated",
  },
  "env-file": {
    kind: "list",
    value: "FILE",
    help: "set those in a file, a NAME=VALUE or NAME a line; # begins a comment, quotes belong to the value",
  },
  "path": { kind: "boolean", help: "find the command on the PATH that this shell has, and pass that on" },
  "clean-env": {
    kind: "boolean",
    help: "of the environment it would get, leave only HOME, LOGNAME, PATH, SHELL and USER",
  },
} as const satisfies FlagSpecs;

/** The values of {@linkcode ENVIRONMENT_FLAGS}. */
export type EnvironmentFlags = FlagValues<typeof ENVIRONMENT_FLAGS>;

/**
 * Returns the variables that the flags set. A file wins over `--path`, `--env` over a file, and what comes later over
 * what comes first.
 *
 * @param caller The environment of this command.
 * @throws {UsageError} If a flag or a line of a file is not an assignment.
 * @throws {ClaustrumError} If a file cannot be read.
 */
export async function flaggedEnvironment(
  { env, "env-file": files, path }: Pick<EnvironmentFlags, "env" | "env-file" | "path">,
  caller: Pick<Deno.Env, "get"> = Deno.env,
): Promise<Record<string, string>> {
  const variables = new Map<string, string>();
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined) variables.set(name, value);
  };
  if (path) add("PATH", caller.get("PATH"));
  for (const file of files) {
    for (const { name, value } of await parseEnvironmentFile(file)) add(name, value ?? caller.get(name));
  }
  for (const text of env) {
    const { name, value } = parseVariable(text);
    const own = value ?? caller.get(name);
    if (own === undefined && Deno.stderr.isTerminal()) {
      printMessage(`--env ${toOneLine(name)} sets nothing: the variable is not set here`);
    }
    add(name, own);
  }
  return Object.fromEntries(variables);
}

/**
 * Finds a command on the PATH of this shell, and says so if it is not there.
 *
 * @returns The file, or the command as it is if that is a path; otherwise the exit code of this command.
 */
export function findOnOwnPath(command: string, cwd: string): string | number {
  if (command.includes("/")) return command;
  try {
    return lookUpCommand(command, { path: Deno.env.get("PATH") ?? "", cwd }).file;
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    printMessage(error.message);
    return startErrorCode(error.message);
  }
}

/** Parses `NAME=VALUE`, or `NAME` without a value. */
function parseVariable(text: string): { readonly name: string; readonly value?: string } {
  const at = text.indexOf("=");
  if (at === 0 || text === "") throw new UsageError(`--env takes NAME=VALUE or NAME, not "${toOneLine(text)}"`);
  return at < 0 ? { name: text } : { name: text.slice(0, at), value: text.slice(at + 1) };
}
