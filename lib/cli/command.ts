/**
 * Defines commands of the friendly spelling. The parser, the help and the completions use the same definition of a
 * command and its flags (contract: Command line).
 *
 * @module
 */

import { GENERATION_NAMES } from "../contract/generation.ts";
import { type SettingName, SETTINGS } from "../config/settings.ts";
import type { ValueKind, ValueTypes } from "../config/values.ts";

/** A flag of a command. */
export interface FlagSpec<K extends ValueKind | "list" = ValueKind | "list"> {
  /** The type of its value. A `list` may be given several times. */
  readonly kind: K;
  /** Whether it may be given without a value, which is `""` then: `--log` or `--log=FILE`. */
  readonly isOptional?: boolean;
  /** The placeholder of its value in the help, like `PATH`. */
  readonly value?: string;
  /** The help text, in lower case. */
  readonly help: string;
  /** The letter of its short form. */
  readonly short?: string;
  /** What completes its value, as far as that is known. @default {file names} */
  readonly words?: readonly string[];
  /** Whether its value may be `label=` and a label of a process, in addition to `words`. */
  readonly takesLabels?: boolean;
  /** Whether the flag ends processes. It is then suggested only for a typo. */
  readonly isDestructive?: boolean;
}

/** The flags of a command, by name. */
export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

/** The value of a flag. An absent boolean is `false`, and an absent list is empty. */
type FlagValue<K extends ValueKind | "list"> = K extends "boolean" ? boolean
  : K extends "list" ? readonly string[]
  : K extends ValueKind ? ValueTypes[K] | undefined
  : never;

/** The values of the flags of a command, by name. */
export type FlagValues<F extends FlagSpecs> = { readonly [N in keyof F]: FlagValue<F[N]["kind"]> };

/** The arguments of a call of a command. */
export interface Invocation<F extends FlagSpecs = FlagSpecs> {
  /** The values of its flags. */
  readonly flags: FlagValues<F>;
  /** Its positional arguments. */
  readonly args: readonly string[];
}

/** A command. */
export interface Command<F extends FlagSpecs = FlagSpecs> {
  /** Its synopsis, without the name of the program. */
  readonly usage: string;
  /** The description in its help, which is wrapped to the width of the terminal. */
  readonly about: string;
  /** Its flags, without `--help`. */
  readonly flags: F;
  /** The meanings of its exit codes, in one line. */
  readonly exitCodes: string;
  /** The exit code if claustrum itself fails. @default {1, or 2 for wrong arguments} */
  readonly failureCode?: number;
  /** Command lines for its help. */
  readonly examples: readonly string[];
  /** The number of positional arguments that it accepts. @default {none} */
  readonly arity?: { readonly least: number; readonly most: number };
  /** What completes its positional arguments. @default {file names} */
  readonly completes?:
    | "processes"
    | "logs"
    | "methods"
    | "sessions"
    | "sessions and processes"
    | "instances"
    | "projects";
  /** Whether the first positional argument ends the flags, because it starts a command line of its own. */
  readonly endsFlagsAtArgument?: boolean;
  /** Runs the command and returns its exit code. */
  run(invocation: Invocation<F>, program: RunningProgram): Promise<number>;
}

/** A command or group that is loaded when it is needed. */
export interface CommandEntry {
  /** A description in one line, in lower case. */
  readonly summary: string;
  /** Whether the command ends processes. It is then suggested only for a typo. */
  readonly isDestructive?: boolean;
  /** Loads the command or the group. */
  load(): Promise<{ default: AnyCommand | CommandGroup }>;
}

/** Commands and groups by name, in the order in which they are shown. */
export type CommandTable = Readonly<Record<string, CommandEntry>>;

/** Commands that share a first word, like `claustrum session start` and `claustrum session list`. */
export interface CommandGroup {
  /** The description in its help, in lines of at most 80 characters. */
  readonly about: string;
  /** The commands of the group, which may be groups themselves. */
  readonly commands: CommandTable;
  /** The name of the command that runs if none is given. @default {none} */
  readonly defaultCommand?: string;
}

/** A program with its commands. */
export interface Program {
  /** The commands and groups of the first level. */
  readonly commands: CommandTable;
}

/** Whether a node of a command table is a group. */
export function isGroup(node: AnyCommand | CommandGroup): node is CommandGroup {
  return "commands" in node;
}

/** The program that is running. */
export interface RunningProgram extends Program {
  /** Whether claustrum is the main program, and not a library of another program. */
  isMain(): boolean;
}

/** A command with flags of any type. */
export type AnyCommand = Omit<Command, "run"> & {
  run(invocation: Invocation, program: RunningProgram): Promise<number>;
};

/** Defines a command. `run` gets the types of its flags. */
export function defineCommand<const F extends FlagSpecs>(command: Command<F>): AnyCommand {
  return command as unknown as AnyCommand;
}

/** The flag of all commands that connect to a daemon. */
export const SOCKET_FLAG = {
  socket: { kind: "string", value: "PATH", help: "path of the socket (default ~/.claude/remote/rpc.sock)" },
} as const satisfies FlagSpecs;

/** The flag of all commands that show a process in a terminal. */
export const DETACH_FLAG = {
  "detach-keys": { kind: "string", value: "KEY", help: "the key that detaches from a terminal (default ctrl-\\)" },
} as const satisfies FlagSpecs;

const PLACEHOLDERS = {
  boolean: undefined,
  string: "TEXT",
  integer: "N",
  bytes: "N",
  duration: "D",
  sha: "SHA",
  contract: "GENERATION",
} as const;

/** Returns the flag for a setting. */
export function settingFlag<N extends SettingName>(name: N): FlagSpec<typeof SETTINGS[N]["kind"]> {
  const { kind, help } = SETTINGS[name];
  const value = PLACEHOLDERS[kind];
  const words = kind === "contract" ? { words: GENERATION_NAMES } : {};
  return { kind, help, ...words, ...(value === undefined ? {} : { value }) };
}
