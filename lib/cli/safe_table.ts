/**
 * Formats tables of texts that come from anywhere.
 *
 * @module
 */

import { formatTable } from "./table.ts";
import { cutToWidth, toOneLine } from "./terminal_text.ts";

/**
 * Formats rows in aligned columns. Every cell is made safe for a terminal first, and lines that are too long are cut.
 *
 * @param rows The rows; the first one is the heading.
 * @param columns The width of the terminal; `Infinity` if there is none.
 */
export function safeTable(rows: readonly (readonly string[])[], columns: number): string {
  const safe = rows.map((row) => row.map(toOneLine));
  return formatTable(safe, Infinity).split("\n").map((line) => cutToWidth(line, columns)).join("\n");
}
