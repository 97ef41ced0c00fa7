/**
 * Parses the friendly spelling of the command line: commands with GNU-style flags (contract: Command line).
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { readValue } from "../config/values.ts";
import type { AnyCommand, FlagSpec, Invocation } from "./command.ts";
import { suggestion } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

const KIND_NAMES = {
  integer: "a non-negative integer",
  bytes: "a number of bytes",
  duration: "a duration like 90s, 1m30s or 500ms",
  string: "a text",
  sha: "a git sha",
} as const;

/**
 * Parses the arguments of a command.
 *
 * @returns `undefined` if they contain `--help`.
 * @throws {UsageError} If a flag is unknown, a value is missing or invalid, or the number of arguments is wrong.
 */
export async function parseInvocation(
  name: string,
  command: AnyCommand,
  args: readonly string[],
): Promise<Invocation | undefined> {
  const specs = Object.entries(command.flags);
  const named = (kinds: readonly string[]) =>
    specs.filter(([, { kind }]) => kinds.includes(kind)).map(([flag]) => flag);
  const unknown: string[] = [];
  const parsed = parseArgs(args, {
    boolean: ["help", ...named(["boolean"])],
    // Without "_", an argument such as 007 or 12345678e2 would become a number.
    string: ["_", ...named(["string", "integer", "bytes", "duration", "list"])],
    collect: named(["list"]),
    alias: { h: "help", ...Object.fromEntries(specs.flatMap(([flag, { short }]) => short ? [[short, flag]] : [])) },
    "--": true,
    stopEarly: command.endsFlagsAtArgument === true,
    unknown: (arg: string, key?: string) => {
      if (key !== undefined) unknown.push(arg);
      return key === undefined;
    },
  }) as Record<string, unknown>;
  if (parsed["help"] === true) return undefined;
  if (unknown[0] !== undefined) throw new UsageError(await unknownFlag(name, command, unknown[0]));
  const flags = Object.fromEntries(specs.map(([flag, spec]) => [flag, flagValue(flag, spec, parsed[flag])]));
  const rest = [...parsed["_"] as unknown[], ...parsed["--"] as unknown[]].map(String);
  checkArity(name, command, rest);
  return { flags, args: rest };
}

function flagValue(flag: string, { kind }: FlagSpec, given: unknown): boolean | string | number | string[] | undefined {
  if (kind === "boolean") return given === true;
  if (kind === "list") return ((given ?? []) as unknown[]).map(String);
  if (given === undefined) return undefined;
  const text = String(given);
  if (text === "") throw new UsageError(`--${flag} needs a value`);
  // For people, a number without a unit is a number of seconds.
  const read = readValue(kind, kind === "duration" && /^\d+(?:\.\d+)?$/.test(text) ? `${text}s` : text);
  if (read === undefined) throw new UsageError(`--${flag} takes ${KIND_NAMES[kind]}, not "${text}"`);
  return read.value;
}

function checkArity(name: string, { arity = { least: 0, most: 0 }, usage }: AnyCommand, args: readonly string[]): void {
  if (args.length < arity.least) throw new UsageError(`${name} needs more arguments: claustrum ${usage}`);
  if (args.length > arity.most) throw new UsageError(`${name} takes no argument "${args[arity.most]}"`);
}

async function unknownFlag(name: string, { flags }: AnyCommand, given: string): Promise<string> {
  const flag = given.split("=")[0]!;
  const known = Object.entries(flags).map(([key, { isDestructive }]) => ({ name: `--${key}`, isDestructive }));
  return `${name} has no flag ${flag}${await suggestion(flag, [{ name: "--help" }, ...known])}`;
}
