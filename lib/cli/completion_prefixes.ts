/**
 * What may follow the words of a command line, for the completion scripts of all shells.
 *
 * @module
 */

import { methodNames } from "../rpc/protocol.ts";
import { type AnyCommand, type CommandTable, isGroup } from "./command.ts";

/** What an argument may name; each has a function in the scripts. */
export type Named = "sessions" | "processes" | "logs" | "methods" | "instances" | "projects";

/** The commands that list what arguments may name; those of the hub list nothing if no hub is running. */
export const LISTING = {
  processes: "ps --quiet",
  logs: "logs --list",
  labels: "ps --labels",
  sessions: "session list --all --quiet --no-start",
  instances: "remote list --quiet --no-start",
  projects: "project list --quiet --no-start",
} as const;

/** The flags that choose a daemon or a hub, which a command that lists is given, too. */
export const PLACE_FLAGS: Readonly<Record<keyof typeof LISTING, readonly string[]>> = {
  processes: ["--socket"],
  logs: ["--socket"],
  labels: ["--socket"],
  sessions: ["--state-dir", "--config"],
  instances: ["--state-dir", "--config"],
  projects: ["--state-dir", "--config"],
};

/** A prefix of a command line, and what may follow it. */
export interface CommandPrefix {
  /** The words of the prefix, without the name of the program. */
  readonly path: readonly string[];
  /** The commands that may follow, each with its summary. */
  readonly commands: readonly (readonly [name: string, summary: string])[];
  /** The command with this name; for a group, its default command. */
  readonly command: AnyCommand | undefined;
}

/** A flag whose values are known. */
export interface WordedFlag {
  /** The flag in its long and short forms. */
  readonly flags: readonly string[];
  /** The values. */
  readonly words: readonly string[];
  /** Whether the labels of processes are values, too, after `label=`. */
  readonly takesLabels: boolean;
}

/** Returns the prefixes of all command lines, the empty one first. */
export async function prefixesOf(
  table: CommandTable,
  path: readonly string[] = [],
  fallback?: string,
): Promise<CommandPrefix[]> {
  const nodes = await Promise.all(
    Object.entries(table).map(async ([name, { summary, load }]) => ({ name, summary, node: (await load()).default })),
  );
  const below = await Promise.all(nodes.map(({ name, node }) => {
    const next = [...path, name];
    if (isGroup(node)) return prefixesOf(node.commands, next, node.defaultCommand);
    return [{ path: next, commands: [], command: node }];
  }));
  const byDefault = nodes.find(({ name }) => name === fallback)?.node;
  const command = byDefault === undefined || isGroup(byDefault) ? undefined : byDefault;
  return [{ path, commands: nodes.map(({ name, summary }) => [name, summary] as const), command }, ...below.flat()];
}

/** Returns the flags in their long forms. */
export function flagsOf({ command }: CommandPrefix): string[] {
  return ["--help", ...Object.keys(command?.flags ?? {}).map((name) => `--${name}`)];
}

/** Returns the flags that take a value, in their long and short forms. */
export function valuedFlagsOf({ command }: CommandPrefix): string[] {
  return Object.entries(command?.flags ?? {}).flatMap(([name, { kind, short, isOptional }]) =>
    kind === "boolean" || isOptional ? [] : formsOf(name, short)
  );
}

/** Returns what the arguments of a command may name. */
export function namedBy({ command }: CommandPrefix): readonly Named[] {
  const named = command?.completes;
  if (named === undefined) return [];
  return named === "sessions and processes" ? ["sessions", "processes"] : [named];
}

/**
 * Returns how many arguments come before a command line of its own, such as the one that `claustrum run` runs;
 * `undefined` if the command takes none.
 */
export function commandAt({ command }: CommandPrefix): number | undefined {
  return command?.endsFlagsAtArgument === true ? (command.arity?.least ?? 1) - 1 : undefined;
}

/** Returns the flags whose values are known. */
export function wordedFlagsOf({ command }: CommandPrefix): WordedFlag[] {
  return Object.entries(command?.flags ?? {}).flatMap(([name, { short, words, takesLabels = false }]) =>
    words === undefined ? [] : [{ flags: formsOf(name, short), words, takesLabels }]
  );
}

function formsOf(name: string, short: string | undefined): readonly string[] {
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
}

/** Returns the methods of the daemon, as words. */
export function methodWords(): string {
  return [...methodNames("contract"), ...methodNames("extensions")].join(" ");
}

/** Formats a prefix for a `case` pattern of a shell, like `/session/start`. */
export function patternOf({ path }: CommandPrefix): string {
  return path.map((word) => `/${word}`).join("");
}

/** Formats the pattern of all prefixes but the empty one. */
export function anyPattern(prefixes: readonly CommandPrefix[]): string {
  return prefixes.slice(1).map(patternOf).join(" | ");
}

/** Quotes a text for a shell. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
