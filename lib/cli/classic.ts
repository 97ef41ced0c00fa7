/**
 * Parses the classic spelling of the command line, in which flags with one or two dashes choose the mode (contract:
 * Command line). Programs that drive claustrum depend on its rules and error messages.
 *
 * @module
 */

import { formatValue, isFlagSetting, SETTINGS, type Settings } from "../config/settings.ts";
import { type ReadValue, readValue, type ValueKind, type ValueTypes } from "../config/values.ts";
import { UsageError } from "./usage_error.ts";

/** A flag of the classic spelling. */
interface ClassicFlag {
  readonly kind: ValueKind;
  readonly help: string;
}

const OWN_FLAGS = {
  "bridge": { kind: "boolean", help: "bridge stdin and stdout to the daemon" },
  "cli-checksum": { kind: "string", help: "sha256 of the compressed CLI" },
  "cli-dir": { kind: "string", help: "directory that holds the versions of the CLI" },
  "cli-keep": { kind: "integer", help: "number of versions to keep, 0 for all (default 3)" },
  "cli-url": { kind: "string", help: "URL of the compressed CLI" },
  "cli-version": { kind: "string", help: "the version of the CLI" },
  "cli-zst": { kind: "string", help: "the compressed CLI; removed after decompression" },
  "install": { kind: "boolean", help: "ensure that a version of the CLI is installed" },
  "probe-cli": { kind: "string", help: "say whether the CLI at this path answers (contract = next)" },
  "serve": { kind: "boolean", help: "start the daemon" },
  "socket": { kind: "string", help: "path of the socket (default ~/.claude/remote/rpc.sock)" },
  "stop": { kind: "boolean", help: "stop the daemon" },
  "token-fd": { kind: "integer", help: "file descriptor to read the token from" },
  "token-file": { kind: "string", help: "file to read the token from; removed after reading" },
  "version": { kind: "boolean", help: "print the version" },
} as const satisfies Record<string, ClassicFlag>;

type OwnFlag = keyof typeof OWN_FLAGS;

/** The modes. If several are given, the first in this order wins. */
const MODES = ["version", "install", "probe-cli", "stop", "bridge", "serve"] as const;

/** What a classic command line asks for. */
export type Mode = typeof MODES[number];

/** A parsed classic command line. */
export interface ClassicArgs {
  /** The mode; `undefined` if no flag chooses one. */
  readonly mode: Mode | undefined;
  /** The flags that were given. */
  readonly flags: { readonly [F in OwnFlag]?: ValueTypes[typeof OWN_FLAGS[F]["kind"]] };
  /** The settings that were given. */
  readonly settings: Partial<Settings>;
  /** Messages about values that were changed, such as negative ones. */
  readonly warnings: readonly string[];
}

/**
 * Parses the arguments up to the first one that is not a flag.
 *
 * @throws {UsageError} If a flag is unknown, lacks its value or has an invalid one.
 */
export function parseClassic(args: readonly string[]): ClassicArgs {
  const flags: Record<string, unknown> = {};
  const settings: Record<string, unknown> = {};
  const warnings: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const flag = splitFlag(args[i]!);
    if (flag === undefined) break;
    const { name } = flag;
    const spec = specOf(name);
    if (spec === undefined) throw new UsageError(`flag provided but not defined: -${name}`);
    const text = flag.value ?? (spec.kind === "boolean" ? "true" : args[++i]);
    if (text === undefined) throw new UsageError(`flag needs an argument: -${name}`);
    const { value, wasNegative } = parseValue(name, spec.kind, text);
    if (wasNegative) warnings.push(`-${name} ${text} counts as 0`);
    (isFlagSetting(name) ? settings : flags)[name] = value;
  }
  return {
    mode: MODES.find((mode) => flags[mode] === true || (mode === "probe-cli" && flags[mode] !== undefined)),
    flags,
    settings,
    warnings,
  };
}

/** Whether one of the arguments is a flag that chooses a mode. */
export function namesMode(args: readonly string[]): boolean {
  return args.some((arg) => MODES.some((mode) => new RegExp(`^--?${mode}(?:=|$)`).test(arg)));
}

function specOf(name: string): ClassicFlag | undefined {
  if (isFlagSetting(name)) return SETTINGS[name];
  return Object.hasOwn(OWN_FLAGS, name) ? OWN_FLAGS[name as OwnFlag] : undefined;
}

function splitFlag(arg: string): { name: string; value: string | undefined } | undefined {
  const match = /^--?([^=]*)(?:=(.*))?$/s.exec(arg);
  if (match === null || arg === "-" || arg === "--") return undefined;
  const [, name = "", value] = match;
  if (name === "" || name.startsWith("-")) throw new UsageError(`bad flag syntax: ${arg}`);
  return { name, value };
}

const TRUE = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const FALSE = new Set(["0", "f", "F", "false", "FALSE", "False"]);

function parseValue(name: string, kind: ValueKind, text: string): ReadValue<string | number | boolean> {
  if (kind === "boolean") {
    if (TRUE.has(text) || FALSE.has(text)) return { value: TRUE.has(text), wasNegative: false };
    throw new UsageError(`invalid boolean value ${JSON.stringify(text)} for -${name}: parse error`);
  }
  const read = readValue(kind, text);
  if (read === undefined) throw new UsageError(`invalid value ${JSON.stringify(text)} for flag -${name}: parse error`);
  return read;
}

const KIND_LABELS = {
  boolean: "",
  string: " string",
  integer: " int",
  bytes: " int",
  duration: " duration",
  sha: " sha",
  contract: " generation",
} as const;

/** Formats the help text that lists the classic flags. */
export function classicUsage(): string {
  const shown: Record<string, ClassicFlag> = { ...OWN_FLAGS };
  for (const [name, { kind, help, fallback }] of Object.entries(SETTINGS)) {
    const isPlain = fallback === "" || fallback === false;
    if (isFlagSetting(name)) {
      shown[name] = { kind, help: isPlain ? help : `${help} (default ${formatValue(kind, fallback)})` };
    }
  }
  const names = Object.keys(shown).sort();
  return `Usage of claustrum:\n${names.map((name) => flagUsage(name, shown[name]!)).join("")}`;
}

function flagUsage(name: string, { kind, help }: ClassicFlag): string {
  return `  -${name}${KIND_LABELS[kind]}\n    \t${help}\n`;
}
