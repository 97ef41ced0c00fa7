/**
 * What a friendly command is made of: its flags are stated once, for the parser, the help and the
 * completions (contract: Command line).
 *
 * @module
 */

import { type SettingName, SETTINGS } from "../config/settings.ts";
import type { ValueKind, ValueTypes } from "../config/values.ts";

/** A flag of a command. */
export interface FlagSpec<K extends ValueKind | "list" = ValueKind | "list"> {
  /** What it takes; a list may be given several times. */
  readonly kind: K;
  /** What stands for its value in the help, like `PATH`. */
  readonly value?: string;
  /** What it does. */
  readonly help: string;
  /** One letter that stands for it. */
  readonly short?: string;
  /** Whether giving it by mistake ends processes. */
  readonly isDestructive?: boolean;
}

/** The flags of a command, by name. */
export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

/** What is given for a flag; a boolean is `false` when absent, a list is empty. */
type FlagValue<K extends ValueKind | "list"> = K extends "boolean" ? boolean
  : K extends "list" ? readonly string[]
  : K extends ValueKind ? ValueTypes[K] | undefined
  : never;

/** The flags as they were given. */
export type FlagValues<F extends FlagSpecs> = { readonly [N in keyof F]: FlagValue<F[N]["kind"]> };

/** What a command is called with. */
export interface Invocation<F extends FlagSpecs = FlagSpecs> {
  /** The flags. */
  readonly flags: FlagValues<F>;
  /** The arguments. */
  readonly args: readonly string[];
}

/** A command. */
export interface Command<F extends FlagSpecs = FlagSpecs> {
  /** How it is called, without the program's name. */
  readonly usage: string;
  /** What it does; the terminal's width decides where its lines end. */
  readonly about: string;
  /** Its flags, `--help` apart. */
  readonly flags: F;
  /** What its exit codes mean, in one line. */
  readonly exitCodes: string;
  /** The exit code of every failure of claustrum itself. @default {1, and 2 for wrong arguments} */
  readonly failureCode?: number;
  /** How it may be called, without the program's name. */
  readonly examples: readonly string[];
  /** How many arguments it takes. @default {none} */
  readonly arity?: { readonly least: number; readonly most: number };
  /** What its arguments name, for completions. @default {files} */
  readonly completes?: "processes" | "sessions" | "sessions and processes";
  /** Whether flags end at the first argument: what follows is a command line of its own. */
  readonly endsFlagsAtArgument?: boolean;
  /** Does it; gives the exit code. */
  run(invocation: Invocation<F>, program: RunningProgram): Promise<number>;
}

/** An entry of a table of commands. */
export interface CommandEntry {
  /** What it does, in one line. */
  readonly summary: string;
  /** Whether calling it by mistake ends processes. */
  readonly isDestructive?: boolean;
  /** Loads the command or the group. */
  load(): Promise<{ default: AnyCommand | CommandGroup }>;
}

/** Commands and groups by name, in the order in which they are shown. */
export type CommandTable = Readonly<Record<string, CommandEntry>>;

/** Commands that share a first word, like `claustrum session start` and `claustrum session list`. */
export interface CommandGroup {
  /** What they are for, in lines of at most 80 characters. */
  readonly about: string;
  /** The commands of the group, which may be groups themselves. */
  readonly commands: CommandTable;
  /** The command that runs when none is named. @default {none} */
  readonly defaultCommand?: string;
}

/** All commands, for a command that shows or completes them. */
export interface Program {
  /** The commands and groups of the first level. */
  readonly commands: CommandTable;
}

/** Tells a group from a command. */
export function isGroup(node: AnyCommand | CommandGroup): node is CommandGroup {
  return "commands" in node;
}

/** The program that runs a command. */
export interface RunningProgram extends Program {
  /** Whether claustrum is the program that runs, and not a library of another program. */
  isMain(): boolean;
}

/** A command with its flags forgotten, for those who do not care which they are. */
export type AnyCommand = Omit<Command, "run"> & {
  run(invocation: Invocation, program: RunningProgram): Promise<number>;
};

/** States a command, so that its flags are known by their names. */
export function defineCommand<const F extends FlagSpecs>(command: Command<F>): AnyCommand {
  return command as unknown as AnyCommand;
}

/** Flags that nearly every command has. */
export const SOCKET_FLAG = {
  socket: { kind: "string", value: "PATH", help: "the socket (default ~/.claude/remote/rpc.sock)" },
} as const satisfies FlagSpecs;

const VALUE_NAMES = {
  boolean: undefined,
  string: "TEXT",
  integer: "N",
  bytes: "N",
  duration: "D",
  sha: "SHA",
} as const;

/** The flag of a setting. */
export function settingFlag<N extends SettingName>(name: N): FlagSpec<typeof SETTINGS[N]["kind"]> {
  const { kind, help } = SETTINGS[name];
  const value = VALUE_NAMES[kind];
  return { kind, help, ...(value === undefined ? {} : { value }) };
}
