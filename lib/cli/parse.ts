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

/** Marks words that the parser must leave alone; no argument contains it. */
const GUARD = "\0";

const KIND_NAMES = {
  integer: "a non-negative integer",
  bytes: "a number of bytes",
  duration: "a duration like 90s, 1m30s or 500ms",
  string: "a text",
  sha: "a git sha",
  contract: "seed or next",
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
  given: readonly string[],
): Promise<Invocation | undefined> {
  const args = given.map(guard);
  const specs = Object.entries(command.flags);
  const named = (kinds: readonly string[]) =>
    specs.filter(([, { kind }]) => kinds.includes(kind)).map(([flag]) => flag);
  const unknown: string[] = [];
  const parsed = parseArgs(withValues(command, args), {
    boolean: ["help", ...named(["boolean"])],
    // Without "_", an argument such as 007 or 12345678e2 would become a number.
    string: ["_", ...named(["string", "integer", "bytes", "duration", "contract", "list"])],
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
  const flags = Object.fromEntries(
    specs.map(([flag, spec]) => [flag, flagValue(flag, spec, unguardAll(parsed[flag]))]),
  );
  const [before, after] = [parsed["_"] as unknown[], parsed["--"] as unknown[]];
  // In a command line of its own, -- is a word for that command: run git checkout -- FILE.
  const isOwnWord = command.endsFlagsAtArgument === true && before.length > 0 && args.includes("--");
  const rest = [...before, ...(isOwnWord ? ["--"] : []), ...after].map((arg) => unguard(String(arg)));
  checkArity(name, command, rest);
  return { flags, args: rest };
}

/**
 * Gives a flag whose value is optional an empty one where none follows. A text behind it is its value only if more
 * flags, or `--`, come next: in `--log make` it is the command.
 */
function withValues({ flags }: AnyCommand, args: readonly string[]): string[] {
  const optional = Object.entries(flags).filter(([, { isOptional }]) => isOptional).map(([flag]) => `--${flag}`);
  const end = args.indexOf("--");
  const result: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [arg, value, next] = [args[i]!, args[i + 1], args[i + 2]];
    if (arg === "--" || optional.length === 0 || !arg.startsWith("-")) return [...result, ...args.slice(i)];
    const hasValue = value !== undefined && !value.startsWith("-") && end > i + 1 && next?.startsWith("-") === true;
    if (!optional.includes(arg)) {
      result.push(arg);
      if (takesNext(flags, arg) && value?.startsWith("-") === false) result.push(args[++i]!);
    } else result.push(`${arg}=${hasValue ? args[++i] : ""}`);
  }
  return result;
}

/** Whether the value of a flag, or of the last of several letters, is the next argument. */
function takesNext(flags: AnyCommand["flags"], arg: string): boolean {
  if (arg.includes("=")) return false;
  const entry = arg.startsWith("--")
    ? flags[arg.slice(2)]
    : Object.values(flags).find(({ short }) => short === arg.slice(-1));
  return entry !== undefined && entry.kind !== "boolean";
}

function flagValue(
  flag: string,
  { kind, isOptional }: FlagSpec,
  given: unknown,
): boolean | string | number | string[] | undefined {
  if (kind === "boolean") return given === true;
  if (kind === "list") return ((given ?? []) as unknown[]).map(String);
  if (given === undefined) return undefined;
  const text = String(given);
  if (text === "" && isOptional) return text;
  if (text === "") throw new UsageError(`--${flag} needs a value`);
  // For people, a number without a unit is a number of seconds.
  const read = readValue(kind, kind === "duration" && /^\d+(?:\.\d+)?$/.test(text) ? `${text}s` : text);
  if (read === undefined) throw new UsageError(`--${flag} takes ${KIND_NAMES[kind]}, not "${text}"`);
  return read.value;
}

function checkArity(name: string, { arity = { least: 0, most: 0 } }: AnyCommand, args: readonly string[]): void {
  const help = `see claustrum help ${name}`;
  if (args.length < arity.least) throw new UsageError(`${name} needs more arguments: ${help}`);
  if (args.length > arity.most) throw new UsageError(`${name} takes no argument "${args[arity.most]}": ${help}`);
}

async function unknownFlag(name: string, { flags }: AnyCommand, given: string): Promise<string> {
  const flag = given.split("=")[0]!;
  const known = Object.entries(flags).map(([key, { isDestructive }]) => ({ name: `--${key}`, isDestructive }));
  return `${name} has no flag ${flag}${await suggestion(
    flag,
    [{ name: "--help" }, ...known],
    `claustrum help ${name}`,
  )}`;
}

/** The parser would take the word true or false after a boolean flag for its value. */
function guard(arg: string): string {
  return arg === "true" || arg === "false" ? `${GUARD}${arg}` : arg;
}

function unguard(text: string): string {
  return text.startsWith(GUARD) ? text.slice(GUARD.length) : text;
}

function unguardAll(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => unguard(String(each)));
  return typeof value === "string" ? unguard(value) : value;
}
