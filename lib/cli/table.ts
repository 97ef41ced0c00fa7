/**
 * Formats tables that fit the terminal.
 *
 * @module
 */

import { cutToWidth, displayWidth } from "./terminal_text.ts";

const CONTROL = /\p{Cc}+/gu;

/**
 * Formats rows in aligned columns. It replaces control characters with spaces and cuts lines that are too long.
 *
 * @param rows The rows; the first one is the heading.
 * @param width The maximum length of a line.
 */
export function formatTable(rows: readonly (readonly string[])[], width: number): string {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll(CONTROL, " ")));
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => displayWidth(row[column]!))));
  return cells.map((row) => {
    const padded = row.map((cell, column) => cell + " ".repeat(widths[column]! - displayWidth(cell)));
    return cutToWidth(padded.join("  ").trimEnd(), width);
  }).join("\n");
}

/** Formats an age in one unit, like `5m`. */
export function formatAge(seconds: number): string {
  const [amount, unit] = seconds < 60
    ? [seconds, "s"]
    : seconds < 3_600
    ? [seconds / 60, "m"]
    : seconds < 86_400
    ? [seconds / 3_600, "h"]
    : [seconds / 86_400, "d"];
  return `${Math.max(0, Math.floor(amount))}${unit}`;
}
