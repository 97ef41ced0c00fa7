/**
 * Tables that fit the terminal.
 *
 * @module
 */

/** How wide the terminal is; as wide as needed when it is none. */
export function terminalWidth(): number {
  return Deno.stdout.isTerminal() ? Deno.consoleSize().columns : Infinity;
}

/**
 * Lays rows out in columns; the last one is cut where the width ends.
 *
 * @param rows The first is the heading.
 * @param width How wide it may be, in columns.
 */
export function formatTable(rows: readonly (readonly string[])[], width: number): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => {
    const line = row.map((cell, column) => column === row.length - 1 ? cell : cell.padEnd(widths[column]!)).join("  ")
      .trimEnd();
    return line.length > width ? `${line.slice(0, Math.max(0, width - 1))}…` : line;
  }).join("\n");
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
