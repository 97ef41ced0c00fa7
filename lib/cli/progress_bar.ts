/**
 * Shows the progress of a download in one line of the terminal.
 *
 * @module
 */

import { writeStderr } from "./print.ts";
import { cutToWidth } from "./terminal_text.ts";
import { columnsOf } from "./terminal.ts";

const BAR_COLUMNS = 24;
/** The assumed width of a terminal that does not report it. */
const DEFAULT_COLUMNS = 80;
const UNITS = ["B", "kB", "MB", "GB"] as const;
const CLEAR_LINE = "\r\x1b[K";

/** A line that is overwritten with each update. It is cleared when its scope ends. */
export interface StatusLine extends Disposable {
  /** The number of columns that fit into the line. */
  readonly columns: number;
  /** Replaces the text of the line. */
  show(text: string): void;
  /** Clears the line. */
  clear(): void;
}

function terminalColumns(): number {
  const columns = columnsOf(Deno.stderr);
  return columns === Infinity ? DEFAULT_COLUMNS : columns;
}

/** Creates a status line on stderr, cut to the width of the terminal. It ignores a terminal that has closed. */
export function stderrStatusLine(): StatusLine {
  // A character in the last column would move the cursor to the next line.
  const room = () => Math.max(1, terminalColumns() - 1);
  const clear = () => writeStderr(CLEAR_LINE);
  return {
    get columns() {
      return room();
    },
    show: (text) => writeStderr(CLEAR_LINE + cutToWidth(text, room())),
    clear,
    [Symbol.dispose]: clear,
  };
}

/**
 * Formats the progress of a download: a bar, the bytes, the rate and the remaining time.
 *
 * @param bytes The number of bytes received.
 * @param total The size of the download in bytes, if it is known.
 * @param ms The time since the start, in milliseconds.
 * @param columns The width of the line. A narrow line shows less.
 */
export function formatDownload(
  bytes: number,
  total: number | undefined,
  ms: number,
  columns: number = DEFAULT_COLUMNS,
): string {
  const rate = ms > 0 ? bytes / ms * 1000 : 0;
  const speed = `${formatBytes(rate)}/s`;
  if (total === undefined || total === 0) return `downloading  ${formatBytes(bytes)}  ${speed}`;
  const filled = Math.round(Math.min(1, bytes / total) * BAR_COLUMNS);
  const bar = "#".repeat(filled) + "-".repeat(BAR_COLUMNS - filled);
  const left = rate > 0 ? `${formatSeconds((total - bytes) / rate)} left` : "";
  const share = `${Math.floor(bytes / total * 100)} %`.padStart(5);
  const whole = `${share}  ${formatBytes(bytes)} of ${formatBytes(total)}  ${speed}  ${left}`.trimEnd();
  const lines = [`downloading  [${bar}] ${whole}`, whole.trimStart(), `${share.trimStart()}  ${speed}`];
  return lines.find((line) => line.length <= columns) ?? share.trimStart();
}

/** Formats a number of bytes in a decimal unit, like `1.2 MB`. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  while (bytes >= 999.5 && unit < UNITS.length - 1) {
    bytes /= 1000;
    unit++;
  }
  return `${unit === 0 || bytes >= 99.95 ? Math.round(bytes) : bytes.toFixed(1)} ${UNITS[unit]}`;
}

/** Formats a duration in one or two units, like `3 min 5 s`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const parts = whole < 3600 ? [whole / 60, whole % 60] : [whole / 3600, whole % 3600 / 60];
  const [large, small] = parts.map(Math.floor) as [number, number];
  return whole < 3600 ? `${large} min ${small} s` : `${large} h ${small} min`;
}
