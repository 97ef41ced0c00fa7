/**
 * The classic spelling of the command line: modes by flag, one or two dashes alike (daemon 1).
 * Drivers own that argv, so its rules and texts are a contract.
 *
 * @module
 */

/** What a flag takes. */
interface FlagSpec {
  readonly kind: "boolean" | "string" | "integer" | "bytes" | "duration";
  readonly help: string;
}

const FLAGS: Readonly<Record<string, FlagSpec>> = {
  "bridge": { kind: "boolean", help: "bridge stdin and stdout to the daemon" },
  "git-timeout": { kind: "duration", help: "how long a git may take, 0 for no limit (default 1m0s)" },
  "max-extract-bytes": { kind: "bytes", help: "cap on what an archive may hold, 0 for none (default 536870912)" },
  "serve": { kind: "boolean", help: "start the daemon" },
  "socket": { kind: "string", help: "path of the socket (default ~/.claude/remote/rpc.sock)" },
  "stop": { kind: "boolean", help: "stop the daemon" },
  "token-fd": { kind: "integer", help: "descriptor to read the token from" },
  "token-file": { kind: "string", help: "file to read the token from; it is removed" },
  "version": { kind: "boolean", help: "print the version" },
};

/** The modes, in the order in which they are looked for. */
const MODES = ["version", "stop", "bridge", "serve"] as const;

/** One thing that the classic command line asks for. */
export type Mode = typeof MODES[number];

/** A parsed classic command line. */
export interface ClassicArgs {
  /** What to do; `undefined` when no flag says so. */
  readonly mode: Mode | undefined;
  /** `""` when absent. */
  readonly socket: string;
  /** `""` when absent. */
  readonly tokenFile: string;
  /** `undefined` when absent. */
  readonly tokenFd: number | undefined;
  /** The bounds that were given. */
  readonly limits: Limits;
}

/** Bounds of the daemon. */
export interface Limits {
  /** In bytes; 0 for none. */
  readonly maxExtractBytes?: number;
  /** In milliseconds; 0 for none. */
  readonly gitTimeoutMs?: number;
}

/** The command line is wrong; the message is for stderr, the usage follows it, the exit code is 2. */
export class UsageError extends Error {
  /** The class, for those who only have the error. */
  override readonly name: string = "UsageError";
}

/**
 * Parses the classic spelling. Parsing stops at the first argument that is no flag.
 *
 * @throws {UsageError} For a flag that is unknown, lacks its value or has a wrong one.
 */
export function parseClassic(args: readonly string[]): ClassicArgs {
  const values = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const flag = splitFlag(args[i]!);
    if (flag === undefined) break;
    const spec = Object.hasOwn(FLAGS, flag.name) ? FLAGS[flag.name]! : undefined;
    if (spec === undefined) throw new UsageError(`flag provided but not defined: -${flag.name}`);
    const value = flag.value ?? (spec.kind === "boolean" ? "true" : args[++i]);
    if (value === undefined) throw new UsageError(`flag needs an argument: -${flag.name}`);
    values.set(flag.name, checkValue(flag.name, spec, value));
  }
  const fd = values.get("token-fd");
  return {
    mode: MODES.find((mode) => values.get(mode) === "true"),
    socket: values.get("socket") ?? "",
    tokenFile: values.get("token-file") ?? "",
    tokenFd: fd === undefined ? undefined : Number(fd),
    limits: parseLimits(values.get("max-extract-bytes"), values.get("git-timeout")),
  };
}

/**
 * Reads the bounds; absent ones are left out.
 *
 * @throws {UsageError} If one is malformed.
 */
export function parseLimits(maxExtractBytes: string | undefined, gitTimeout: string | undefined): Limits {
  return {
    ...(maxExtractBytes === undefined ? {} : { maxExtractBytes: parseBytes("max-extract-bytes", maxExtractBytes) }),
    ...(gitTimeout === undefined ? {} : { gitTimeoutMs: parseDuration("git-timeout", gitTimeout) }),
  };
}

/** The bounds as classic flags again. */
export function limitFlags({ maxExtractBytes, gitTimeoutMs }: Limits): string[] {
  return [
    ...(maxExtractBytes === undefined ? [] : ["-max-extract-bytes", String(maxExtractBytes)]),
    ...(gitTimeoutMs === undefined ? [] : ["-git-timeout", `${gitTimeoutMs}ms`]),
  ];
}

/** A whole number; a negative one counts as 0. */
function parseBytes(name: string, text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw invalidValue(name, text);
  return Math.max(0, Number(text));
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A duration like `1m30s` or `500ms`; a negative one counts as 0. */
function parseDuration(name: string, text: string): number {
  if (/^[+-]?0$/.test(text)) return 0;
  const match = /^([+-]?)((?:\d+(?:\.\d+)?(?:ms|s|m|h))+)$/.exec(text);
  if (match === null) throw invalidValue(name, text);
  let ms = 0;
  for (const [, amount = "", unit = ""] of match[2]!.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    ms += Number(amount) * UNITS_MS[unit]!;
  }
  return match[1] === "-" ? 0 : ms;
}

function invalidValue(name: string, value: string): UsageError {
  return new UsageError(`invalid value ${JSON.stringify(value)} for flag -${name}: parse error`);
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

function checkValue(name: string, { kind }: FlagSpec, value: string): string {
  if (kind === "integer" && !/^\d{1,9}$/.test(value)) throw invalidValue(name, value);
  if (kind !== "boolean") return value;
  if (TRUE.has(value)) return "true";
  if (FALSE.has(value)) return "false";
  throw new UsageError(`invalid boolean value ${JSON.stringify(value)} for -${name}: parse error`);
}

const SHOWN_KINDS = { boolean: "", string: " string", integer: " int", bytes: " int", duration: " duration" } as const;

/** The list of the classic flags. */
export function classicUsage(): string {
  const lines = Object.entries(FLAGS).map(([name, { kind, help }]) =>
    `  -${name}${SHOWN_KINDS[kind]}\n    \t${help}\n`
  );
  return `Usage of claustrum:\n${lines.join("")}`;
}
