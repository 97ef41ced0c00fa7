/**
 * Tables that fit the terminal.
 *
 * @module
 */

const CONTROL = /\p{Cc}+/gu;

/**
 * Lays rows out in columns; each line is cut where the width ends. What would move the cursor is left out.
 *
 * @param rows The first is the heading.
 * @param width How wide it may be, in columns.
 */
export function formatTable(rows: readonly (readonly string[])[], width: number): string {
  const cells = rows.map((row) => row.map((cell) => [...cell.replaceAll(CONTROL, " ")]));
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells.map((row) => {
    const padded = row.map((cell, column) => cell.join("") + " ".repeat(widths[column]! - cell.length));
    return cut(padded.join("  ").trimEnd(), width);
  }).join("\n");
}

/** Cuts a line where the width ends, and shows that. */
export function cut(line: string, width: number): string {
  const characters = [...line];
  return characters.length > width ? `${characters.slice(0, Math.max(0, width - 1)).join("")}…` : line;
}

/** How long ago something was, in one unit. */
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
