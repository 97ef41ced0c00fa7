/**
 * Shows clones, usage and past conversations to people.
 *
 * @module
 */

import type { CloneJob, PastConversation, PastConversationPage, Usage, UsagePart } from "../projects/types.ts";
import { formatBytes } from "./progress_bar.ts";
import { safeTable } from "./safe_table.ts";
import { formatAge } from "./table.ts";
import { toOneLine } from "./terminal_text.ts";

const BAR_COLUMNS = 24;
/** How many days and conversations a table has at most; JSON has them all. */
const MAX_ROWS = 14;
const COUNTS = ["INPUT", "OUTPUT", "CACHE READ", "CACHE WRITE", "COST"];

/** Formats how far a clone is, in one line. */
export function formatClone({ name, phase = "starting", percent, bytes }: CloneJob): string {
  const filled = Math.round((percent ?? 0) / 100 * BAR_COLUMNS);
  const bar = percent === undefined ? "" : `  [${"#".repeat(filled)}${"-".repeat(BAR_COLUMNS - filled)}] ${percent} %`;
  return `${toOneLine(name)}  ${toOneLine(phase)}${bar}  ${formatBytes(bytes)}`;
}

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
  const missing = unpriced.length === 0 ? [] : [`Without a price, and not in the costs: ${unpriced.map(toOneLine).join(", ")}.`];
  return [...parts, [...note, ...missing].join("\n")].filter((part) => part !== "").join("\n\n");
}

function usageTable(what: string, parts: readonly UsagePart[], columns: number, sum?: UsagePart): string {
  const rows = [...parts, ...(sum === undefined ? [] : [sum])].map(({ key, tokens, cost_usd }) => [
    key,
    ...[tokens.input, tokens.output, tokens.cache_read, tokens.cache_creation].map((count) => count.toLocaleString("en-US")),
    cost_usd === null ? "-" : `$${cost_usd.toFixed(2)}`,
  ]);
  const widths = COUNTS.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i + 1]!.length)));
  const align = (row: readonly string[]) => row.map((cell, i) => i === 0 ? cell : cell.padStart(widths[i - 1]!));
  return safeTable([align([what, ...COUNTS]), ...rows.map(align)], columns);
}

/** Formats past conversations as a table. */
export function formatHistory(
  conversations: readonly PastConversation[],
  { columns, now }: { readonly columns: number; readonly now: number },
): string {
  if (conversations.length === 0) return "no conversations";
  const rows = conversations.map(({ id, title, turns, last_activity }) => [
    id,
    formatAge((now - Date.parse(last_activity)) / 1_000),
    String(turns),
    title,
  ]);
  return safeTable([["ID", "AGE", "TURNS", "TITLE"], ...rows], columns);
}

/** Formats a page of a past conversation. */
export function formatConversation({ page }: PastConversationPage): string {
  return page.map(({ role, text }) => role === "user" ? text.replaceAll(/^/gm, "> ") : text).join("\n\n");
}
