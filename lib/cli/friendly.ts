/**
 * The friendly spelling of the command line: commands and GNU-style flags (daemon 1).
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { type CommandName, COMMANDS } from "./help.ts";
import { type Limits, parseLimits, UsageError } from "./flags.ts";

/** A parsed friendly command line. */
export interface FriendlyArgs {
  /** What to do. */
  readonly command: CommandName;
  /** Whether its help is wanted instead. */
  readonly help: boolean;
  /** The command whose help `help` shows. */
  readonly topic: CommandName | undefined;
  /** `""` when absent. */
  readonly socket: string;
  /** `""` when absent. */
  readonly tokenFile: string;
  /** `undefined` when absent. */
  readonly tokenFd: number | undefined;
  /** The bounds that were given. */
  readonly limits: Limits;
  /** Whether to stay in the foreground. */
  readonly foreground: boolean;
}

/**
 * Parses the friendly spelling.
 *
 * @throws {UsageError} For an unknown command or flag, with a suggestion where one is near.
 */
export async function parseFriendly(args: readonly string[]): Promise<FriendlyArgs> {
  const [name = "help", ...rest] = args;
  const command = await commandByName(name === "--help" || name === "-h" ? "help" : name);
  const { flags } = COMMANDS[command];
  const unknown: string[] = [];
  const parsed = parseArgs(rest, {
    boolean: ["help", "foreground"],
    string: ["socket", "token-file", "token-fd", "max-extract-bytes", "git-timeout"],
    alias: { h: "help" },
    unknown: (arg: string) => {
      unknown.push(arg);
      return false;
    },
  }) as Record<string, unknown>;
  const given = Object.keys(parsed).filter((key) => key !== "_" && key !== "h" && parsed[key] !== false);
  for (const key of given) if (key !== "help" && !flags.includes(key)) unknown.push(`--${key}`);
  const [topic, ...more] = unknown;
  if (command === "help" && topic !== undefined && more.length === 0) {
    return { ...empty("help"), topic: await commandByName(topic) };
  }
  if (topic !== undefined) throw new UsageError(await unknownArgument(command, topic));
  return { ...empty(command), help: parsed["help"] === true, ...values(parsed) };
}

function empty(command: CommandName): FriendlyArgs {
  return {
    command,
    help: false,
    topic: undefined,
    socket: "",
    tokenFile: "",
    tokenFd: undefined,
    limits: {},
    foreground: false,
  };
}

function values(parsed: Record<string, unknown>): Partial<FriendlyArgs> {
  const fd = parsed["token-fd"];
  if (fd !== undefined && !/^\d{1,9}$/.test(String(fd))) {
    throw new UsageError(`--token-fd takes the number of a descriptor, not "${fd}"`);
  }
  for (const name of ["socket", "token-file"]) {
    if (parsed[name] === "") throw new UsageError(`--${name} needs a value`);
  }
  return {
    socket: String(parsed["socket"] ?? ""),
    tokenFile: String(parsed["token-file"] ?? ""),
    tokenFd: fd === undefined ? undefined : Number(fd),
    limits: parseLimits(optionalText(parsed["max-extract-bytes"]), optionalText(parsed["git-timeout"])),
    foreground: parsed["foreground"] === true,
  };
}

function optionalText(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value);
}

async function commandByName(name: string): Promise<CommandName> {
  if (Object.hasOwn(COMMANDS, name)) return name as CommandName;
  throw new UsageError(`there is no command "${name}"${await suggestion(name, Object.keys(COMMANDS))}`);
}

async function unknownArgument(command: CommandName, arg: string): Promise<string> {
  if (!arg.startsWith("-")) return `${command} takes no argument "${arg}"`;
  const flags = ["help", ...COMMANDS[command].flags].map((flag) => `--${flag}`);
  return `${command} has no flag ${arg.split("=")[0]}${await suggestion(arg, flags)}`;
}

/** Further apart than a third of its letters, a word is not the one that was meant. */
const MAX_DISTANCE = 1 / 3;

async function suggestion(word: string, known: readonly string[]): Promise<string> {
  const { closestString } = await import("@std/text/closest-string");
  const { levenshteinDistance } = await import("@std/text/levenshtein-distance");
  const closest = closestString(word, known) as string;
  const isNear = levenshteinDistance(word, closest) <= Math.max(1, Math.ceil(closest.length * MAX_DISTANCE));
  return isNear ? `: did you mean ${closest}?` : ": see claustrum help";
}
