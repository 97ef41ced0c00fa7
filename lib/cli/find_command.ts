/**
 * Finds a command by its words, through groups. It loads only the groups and the command on the way.
 *
 * @module
 */

import { type AnyCommand, type CommandGroup, type CommandTable, isGroup } from "./command.ts";
import { suggestion } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

/** What other tools call commands of the first level. */
const NAMES_ELSEWHERE: Readonly<Record<string, string>> = {
  ...{ ls: "ps", jlist: "ps", prettylist: "ps", containers: "ps", sessions: "list", processes: "ps" },
  ...{ stats: "top", monit: "top", htop: "top", tail: "logs", watch: "logs", follow: "logs" },
  ...{ describe: "inspect", desc: "inspect", show: "inspect", info: "inspect", env: "inspect" },
  ...{ delete: "rm", del: "rm", remove: "rm", clean: "prune", reload: "restart", signal: "kill", sendSignal: "kill" },
  ...{ create: "run", spawn: "run", new: "run", up: "serve", daemon: "serve", down: "stop", startup: "service" },
  ...{ ping: "status", check: "doctor", setup: "install", completion: "completions" },
};

/** A command that was found. */
export interface FoundCommand {
  /** The words of its name. */
  readonly path: readonly string[];
  /** The command. */
  readonly command: AnyCommand;
  /** The remaining words. */
  readonly rest: readonly string[];
}

/** A group that was found, if no command of the group follows. */
export interface FoundGroup {
  /** The words of its name. */
  readonly path: readonly string[];
  /** The group. */
  readonly group: CommandGroup;
  /** The remaining words: none, or a flag and more. */
  readonly rest: readonly string[];
}

/**
 * Finds the command or the group whose name begins a list of words.
 *
 * @param table The commands of the first level.
 * @param words At least one word.
 * @throws {UsageError} If there is no such command.
 */
export async function findCommand(
  table: CommandTable,
  words: readonly string[],
): Promise<FoundCommand | FoundGroup> {
  let commands = table;
  for (let depth = 1;; depth++) {
    const [path, rest] = [words.slice(0, depth), words.slice(depth)];
    const word = path[depth - 1] ?? "";
    if (!Object.hasOwn(commands, word)) throw new UsageError(await unknownCommand(path, commands));
    const node = (await commands[word]!.load()).default;
    if (!isGroup(node)) return { path, command: node, rest };
    if (rest[0] === undefined || rest[0].startsWith("-")) return { path, group: node, rest };
    commands = node.commands;
  }
}

async function unknownCommand(path: readonly string[], commands: CommandTable): Promise<string> {
  const [group, word] = [path.slice(0, -1).join(" "), path.at(-1) ?? ""];
  const known = Object.entries(commands).map(([name, { isDestructive }]) => ({ name, isDestructive }));
  const here = group === "" && Object.hasOwn(NAMES_ELSEWHERE, word) ? NAMES_ELSEWHERE[word] : undefined;
  if (here !== undefined && Object.hasOwn(commands, here)) {
    return `there is no command "${word}": see claustrum help ${here}`;
  }
  if (group === "") return `there is no command "${word}"${await suggestion(word, known)}`;
  return `${group} has no command "${word}"${await suggestion(word, known, `claustrum help ${group}`)}`;
}
