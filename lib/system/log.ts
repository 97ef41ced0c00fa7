/**
 * The daemon's log lines (contract: Log). Tokens, environment values and stdin never get here.
 *
 * @module
 */

/** The levels, from the least to the most urgent. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Writes a line of a level. */
export interface Logger {
  /** What happens in detail. */
  debug(text: string): void;
  /** What happens. */
  info(text: string): void;
  /** What went wrong and was coped with. */
  warn(text: string): void;
  /** What went wrong. */
  error(text: string): void;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** The level that `CLAUSTRUM_LOG_LEVEL` names; everything for a name that it does not know. */
export function logLevelByName(name: string | undefined): LogLevel {
  const wanted = name?.trim().toLowerCase();
  if (wanted === "warning") return "warn";
  return LEVELS.find((level) => level === wanted) ?? "debug";
}

/** How a logger works. */
export interface LoggerOptions {
  /** Lines below this level are left out. */
  readonly level: LogLevel;
  /** Takes a line with its newline. */
  readonly write: (line: string) => void;
  /** The time of a line. */
  readonly now?: () => Date;
}

/** Makes a logger: local time, level, text. */
export function createLogger({ level, write, now = () => new Date() }: LoggerOptions): Logger {
  const least = LEVELS.indexOf(level);
  const at = (own: LogLevel) => (text: string) => {
    if (LEVELS.indexOf(own) < least) return;
    write(`${timestamp(now())} ${own.toUpperCase().padEnd(5)} ${text}\n`);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** A logger that drops every line. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** A logger to stderr that goes on when stderr does not take its lines any more. */
export function stderrLogger(level: LogLevel): Logger {
  const encoder = new TextEncoder();
  return createLogger({
    level,
    write: (line) => {
      try {
        Deno.stderr.writeSync(encoder.encode(line));
      } catch {
        // A full disk or a closed terminal must not end the daemon, and there is nowhere left to say so.
      }
    },
  });
}

function timestamp(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${date.getFullYear()}/${two(date.getMonth() + 1)}/${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
