/**
 * Recognizing which session of an agent a command works on (contract: Process methods of next).
 *
 * @module
 */

/** The arguments by which a program talks to an agent, rather than a person. */
const STREAMS: ReadonlySet<string> = new Set([
  "stream-json",
  "--input-format=stream-json",
  "--output-format=stream-json",
]);

/**
 * Returns the session that a command works on; `undefined` if it works on none, or on a copy of one.
 *
 * @param args The arguments of the command.
 */
export function sessionOf(args: readonly string[]): string | undefined {
  if (!args.some((arg) => STREAMS.has(arg))) return undefined;
  const chosen = valueOf(args, "--session-id");
  if (chosen !== undefined || args.includes("--fork-session")) return chosen;
  return valueOf(args, "--resume");
}

/** Returns the value of the last flag of a name that has one; the next flag is no value. */
function valueOf(args: readonly string[], flag: string): string | undefined {
  for (let at = args.length - 1; at >= 0; at--) {
    const arg = args[at] ?? "";
    const value = arg === flag ? args[at + 1] : arg.startsWith(`${flag}=`) ? arg.slice(flag.length + 1) : undefined;
    if (value !== undefined && value !== "" && !value.startsWith("-")) return value;
  }
  return undefined;
}
