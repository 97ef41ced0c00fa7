/**
 * How a check is shown: in a word, and in colour on a terminal.
 *
 * @module
 */

/** The result of a check. */
export type Verdict = "ok" | "warn" | "fail";

const COLORS = { ok: 32, warn: 33, fail: 31 } as const;

/** Returns a verdict as it begins a line. */
export function formatVerdict(verdict: Verdict): string {
  const text = verdict.padEnd(4);
  const isPlain = Deno.noColor || !Deno.stdout.isTerminal();
  return isPlain ? text : `\x1b[${COLORS[verdict]}m${text}\x1b[0m`;
}
