/**
 * The arguments of the agent CLI: those that a session always gets, and those that a user may add.
 *
 * @module
 */

import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import { AgentArgumentError } from "./argument_error.ts";
import { ALLOWED_FLAGS, REFUSED_FLAGS } from "./flags.ts";

export { AgentArgumentError } from "./argument_error.ts";
export { splitWords } from "./split_words.ts";

/**
 * Checks arguments of a user against the flags that are allowed.
 *
 * @returns The same arguments with each value in one word with its flag, `--flag=value`. A flag with several values is
 * repeated: in this form none of them can be taken for another flag, or another word for one of its values.
 * @throws {AgentArgumentError} If an argument is refused. The message says which, why, and which allowed one is near.
 */
export function checkClaudeArgs(args: readonly string[]): string[] {
  const checked: string[] = [];
  for (let at = 0; at < args.length;) {
    const { flag, inlineValue } = readFlag(args[at++]!);
    const { takes, refuses } = requireAllowed(flag);
    if (takes === "none") {
      if (inlineValue !== undefined) throw new AgentArgumentError(`The flag ${flag} takes no value`, { flag });
      checked.push(flag);
      continue;
    }
    const values = inlineValue === undefined ? valuesAt(args, at, takes) : [inlineValue];
    if (values.length === 0) throw missingValue(flag);
    if (inlineValue === undefined) at += values.length;
    for (const value of values) {
      const refusal = refuses?.(value);
      if (refusal !== undefined) throw new AgentArgumentError(`The flag ${flag} ${refusal}`, { flag });
    }
    checked.push(...values.map((value) => `${flag}=${value}`));
  }
  return checked;
}

function readFlag(arg: string): { readonly flag: string; readonly inlineValue: string | undefined } {
  requireNoNul(arg);
  if (!arg.startsWith("-") || arg === "-" || arg === "--") {
    throw new AgentArgumentError(`${JSON.stringify(arg)} is no flag: send prompts to the session once it is started`);
  }
  const equals = arg.indexOf("=");
  if (equals < 0) return { flag: arg, inlineValue: undefined };
  return { flag: arg.slice(0, equals), inlineValue: arg.slice(equals + 1) };
}

function requireNoNul(arg: string): void {
  if (arg.includes("\0")) throw new AgentArgumentError(`${JSON.stringify(arg)} has a NUL character`);
}

function requireAllowed(flag: string): (typeof ALLOWED_FLAGS)[string] {
  const allowed = Object.hasOwn(ALLOWED_FLAGS, flag) ? ALLOWED_FLAGS[flag] : undefined;
  if (allowed !== undefined) return allowed;
  const reason = Object.hasOwn(REFUSED_FLAGS, flag) ? REFUSED_FLAGS[flag]! : "is not among those that a session takes";
  const nearest = nearestFlag(flag);
  const hint = nearest === undefined ? "" : `; the nearest allowed one is ${nearest}`;
  throw new AgentArgumentError(`The flag ${flag} ${reason}${hint}`, { flag, nearest });
}

/** Further apart than a third of its letters, a flag is not the one that was meant. */
const MAX_DISTANCE = 1 / 3;

function nearestFlag(flag: string): string | undefined {
  const nearest = closestString(flag, Object.keys(ALLOWED_FLAGS)) as string;
  return levenshteinDistance(flag, nearest) <= nearest.length * MAX_DISTANCE ? nearest : undefined;
}

/** The words from `at` that are values: one, or all up to the next flag. */
function valuesAt(args: readonly string[], at: number, takes: "one" | "several"): string[] {
  const rest = args.slice(at, takes === "one" ? at + 1 : undefined);
  const end = rest.findIndex((word) => word.startsWith("-"));
  const values = end < 0 ? rest : rest.slice(0, end);
  for (const value of values) requireNoNul(value);
  return values;
}

function missingValue(flag: string): AgentArgumentError {
  return new AgentArgumentError(`The flag ${flag} needs a value: write ${flag}=VALUE`, { flag });
}

/** Which conversation an agent is started in, and how. */
export interface AgentStart {
  /** The id of the conversation; of the copy, when one is forked. */
  readonly claudeSessionId: string;
  /** The conversation to go on with. Its transcript must exist. @default {a new conversation} */
  readonly resume?: string | undefined;
  /** Whether to go on with a copy. @default {false} */
  readonly fork?: boolean | undefined;
  /** The permission mode. @default {the CLI's own} */
  readonly permissionMode?: string | undefined;
  /** The model. @default {the CLI's own} */
  readonly model?: string | undefined;
  /** More arguments, as {@linkcode checkClaudeArgs} returns them. */
  readonly extra: readonly string[];
}

/** What makes the CLI speak stream-json and ask us about permissions. The CLI refuses it without `--verbose`. */
const STREAM_JSON = [
  "--output-format",
  "stream-json",
  "--verbose",
  "--input-format",
  "stream-json",
  "--permission-prompt-tool",
  "stdio",
  "--include-partial-messages",
];

/** The arguments of an agent that the hub talks to. */
export function agentArguments(start: AgentStart): string[] {
  return [...STREAM_JSON, ...terminalArguments(start)];
}

/** The arguments of an agent that a person talks to in a terminal. */
export function terminalArguments(start: AgentStart): string[] {
  const { permissionMode, model, extra } = start;
  const args = conversationArguments(start);
  if (permissionMode !== undefined) args.push(`--permission-mode=${permissionMode}`);
  if (model !== undefined) args.push(`--model=${model}`);
  return [...args, ...extra];
}

/** The CLI refuses an id of ours beside `--resume`, unless it forks. */
function conversationArguments({ claudeSessionId, resume, fork = false }: AgentStart): string[] {
  if (resume === undefined) return [`--session-id=${claudeSessionId}`];
  return fork ? [`--resume=${resume}`, "--fork-session", `--session-id=${claudeSessionId}`] : [`--resume=${resume}`];
}
