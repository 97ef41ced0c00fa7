/**
 * Shows what was used to people.
 *
 * @module
 */

import type { Usage, UsagePart } from "../projects/types.ts";
import { safeTable } from "./safe_table.ts";
import { toOneLine } from "./terminal_text.ts";

/** How many days and conversations a table has at most; JSON has them all. */
const MAX_ROWS = 14;
const COUNTS = ["INPUT", "OUTPUT", "CACHE READ", "CACHE WRITE", "COST"];

/** Formats what was used. */
export function formatUsage(usage: Usage, columns: number): string {
  const { by_model, by_day, sessions, unpriced } = usage;
  if (by_model.length === 0) return "nothing was used";
  const parts = [
    usageTable("MODEL", by_model, columns, { ...usage, key: "all" }),
    usageTable("DAY", by_day.slice(-MAX_ROWS), columns),
    usageTable("CONVERSATION", sessions.slice(0, MAX_ROWS), columns),
  ];
  const shown = usage.cost_usd !== null;
  const note = shown ? ["The costs are approximate: prices change, and not everything is in the transcripts."] : [];
  const missing = unpriced.length === 0
    ? []
    : [`Without a price, and not in the costs: ${unpriced.map(toOneLine).join(", ")}.`];
  return [...parts, [...note, ...missing].join("\n")].filter((part) => part !== "").join("\n\n");
}

function usageTable(what: string, parts: readonly UsagePart[], columns: number, sum?: UsagePart): string {
  const rows = [...parts, ...(sum === undefined ? [] : [sum])].map(({ key, tokens, cost_usd }) => [
    key,
    ...[tokens.input, tokens.output, tokens.cache_read, tokens.cache_creation].map((count) =>
      count.toLocaleString("en-US")
    ),
    cost_usd === null ? "-" : `$${cost_usd.toFixed(2)}`,
  ]);
  return safeTable([[what, ...COUNTS], ...rows], columns);
}
