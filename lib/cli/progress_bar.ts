/**
 * A line on the terminal that shows how far a download is.
 *
 * @module
 */

const BAR_COLUMNS = 24;
const UNITS = ["B", "kB", "MB", "GB"] as const;
const CLEAR_LINE = "\r\x1b[K";

/** A line that is written over and over. */
export interface StatusLine {
  /** Shows a text in place of the one before. */
  show(text: string): void;
  /** Takes it away. */
  clear(): void;
}

/** A status line on stderr, cut to the terminal's width. */
export function terminalLine(): StatusLine {
  const write = (text: string) => void Deno.stderr.writeSync(new TextEncoder().encode(text));
  return {
    show: (text) => write(CLEAR_LINE + text.slice(0, Math.max(20, Deno.consoleSize().columns - 1))),
    clear: () => write(CLEAR_LINE),
  };
}

/**
 * What to show of a download: a bar, bytes, rate, time left.
 *
 * @param bytes What came so far.
 * @param total How many there are, if that is known.
 * @param ms How long it took, in milliseconds.
 */
export function formatDownload(bytes: number, total: number | undefined, ms: number): string {
  const rate = ms > 0 ? bytes / ms * 1000 : 0;
  const speed = `${formatBytes(rate)}/s`;
  if (total === undefined || total === 0) return `downloading  ${formatBytes(bytes)}  ${speed}`;
  const filled = Math.round(Math.min(1, bytes / total) * BAR_COLUMNS);
  const bar = "#".repeat(filled) + "-".repeat(BAR_COLUMNS - filled);
  const left = rate > 0 ? `${formatSeconds((total - bytes) / rate)} left` : "";
  const share = `${Math.floor(bytes / total * 100)} %`.padStart(5);
  return `downloading  [${bar}] ${share}  ${formatBytes(bytes)} of ${formatBytes(total)}  ${speed}  ${left}`.trimEnd();
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
