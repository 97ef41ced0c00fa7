/**
 * Runs a command of the friendly spelling: finds it, parses its arguments and reports its errors (contract: Command
 * line).
 *
 * @module
 */

import { type AnyCommand, isGroup, type RunningProgram } from "./command.ts";
import { findCommand, type FoundGroup } from "./find_command.ts";
import { parseInvocation } from "./parse.ts";
import { withOwnCommand } from "./own_command.ts";
import { print, printMessage } from "./print.ts";
import { UsageError } from "./usage_error.ts";

const HELP_FLAGS: ReadonlySet<string> = new Set(["--help", "-h", "-help"]);

/**
 * Runs a command. It reports every error as one sentence on stderr.
 *
 * @param words The name of the command and its arguments.
 * @param program The running program, which defines the commands.
 * @returns The exit code.
 */
export async function runCommand(
  [first = "help", ...rest]: readonly string[],
  program: RunningProgram,
): Promise<number> {
  let failureCode: number | undefined;
  try {
    const words = [HELP_FLAGS.has(first) ? "help" : first, ...rest];
    const found = await findCommand(program.commands, words);
    if ("group" in found && HELP_FLAGS.has(found.rest[0] ?? "")) return await printGroupHelp(found);
    const { path, command, rest: args } = "group" in found ? await loadDefault(found) : found;
    failureCode = command.failureCode;
    const invocation = await parseInvocation(path.join(" "), command, args);
    return invocation === undefined ? await printCommandHelp(command) : await command.run(invocation, program);
  } catch (error) {
    if (error instanceof UsageError) {
      printMessage(error.message);
      return failureCode ?? 2;
    }
    const { reportError } = await import("./report_error.ts");
    const code = reportError(error);
    return failureCode ?? code;
  }
}

/** Loads the default command of a group. */
async function loadDefault({ path, group, rest }: FoundGroup) {
  const { commands, defaultCommand } = group;
  const name = path.join(" ");
  if (defaultCommand === undefined) throw new UsageError(`${name} needs a command: see claustrum help ${name}`);
  const command = (await commands[defaultCommand]!.load()).default;
  if (isGroup(command)) throw new TypeError(`Cannot run claustrum ${name}: its default is not a command`);
  return { path: [...path, defaultCommand], command, rest };
}

async function printCommandHelp(command: AnyCommand): Promise<number> {
  const { commandHelp } = await import("./help.ts");
  print(withOwnCommand(commandHelp(command, await columns())));
  return 0;
}

async function printGroupHelp({ path, group }: FoundGroup): Promise<number> {
  const { groupHelp } = await import("./help.ts");
  print(withOwnCommand(groupHelp(path, group, await columns())));
  return 0;
}

async function columns(): Promise<number> {
  const { columnsOf } = await import("./terminal.ts");
  return columnsOf(Deno.stdout);
}
