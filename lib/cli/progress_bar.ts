/**
 * A line on the terminal that shows how far a download is.
 *
 * @module
 */

import { writeStderr } from "./print.ts";
import { cut } from "./table.ts";
import { columnsOf } from "./terminal.ts";

const BAR_COLUMNS = 24;
/** What a terminal has when nobody knows how wide it is. */
const USUAL_COLUMNS = 80;
const UNITS = ["B", "kB", "MB", "GB"] as const;
const CLEAR_LINE = "\r\x1b[K";

/** A line that is written over and over; goes with its scope. */
export interface StatusLine extends Disposable {
  /** How many columns it has room for. */
  readonly columns: number;
  /** Shows a text in place of the one before. */
  show(text: string): void;
  /** Takes it away. */
  clear(): void;
}

function knownColumns(): number {
  const columns = columnsOf(Deno.stderr);
  return columns === Infinity ? USUAL_COLUMNS : columns;
}

/** A status line on stderr, cut to the terminal's width; a terminal that has closed ends nothing. */
export function terminalLine(): StatusLine {
  // A line that is full moves the cursor to the next one.
  const room = () => Math.max(1, knownColumns() - 1);
  const clear = () => writeStderr(CLEAR_LINE);
  return {
    get columns() {
      return room();
    },
    show: (text) => writeStderr(CLEAR_LINE + cut(text, room())),
    clear,
    [Symbol.dispose]: clear,
  };
}

/**
 * What to show of a download: a bar, bytes, rate, time left.
 *
 * @param bytes What came so far.
 * @param total How many there are, if that is known.
 * @param ms How long it took, in milliseconds.
 * @param columns How many columns there are; where there are few, only what matters most is shown.
 */
export function formatDownload(
  bytes: number,
  total: number | undefined,
  ms: number,
  columns: number = USUAL_COLUMNS,
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

/** A count of bytes for people. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  while (bytes >= 999.5 && unit < UNITS.length - 1) {
    bytes /= 1000;
    unit++;
  }
  return `${unit === 0 || bytes >= 99.95 ? Math.round(bytes) : bytes.toFixed(1)} ${UNITS[unit]}`;
}

/** A time for people. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const parts = whole < 3600 ? [whole / 60, whole % 60] : [whole / 3600, whole % 3600 / 60];
  const [large, small] = parts.map(Math.floor) as [number, number];
  return whole < 3600 ? `${large} min ${small} s` : `${large} h ${small} min`;
}
