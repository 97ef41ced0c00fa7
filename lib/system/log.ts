/**
 * The daemon's log lines (contract: Log). Tokens, environment values and stdin are never logged.
 *
 * @module
 */

/** The log levels, from the least to the most severe. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Writes log lines. */
export interface Logger {
  /** Logs a detail. */
  debug(text: string): void;
  /** Logs a normal event. */
  info(text: string): void;
  /** Logs a problem that was handled. */
  warn(text: string): void;
  /** Logs a failure. */
  error(text: string): void;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Returns the level that `CLAUSTRUM_LOG_LEVEL` names; `debug` for an unknown name. */
export function logLevelByName(name: string | undefined): LogLevel {
  const wanted = name?.trim().toLowerCase();
  if (wanted === "warning") return "warn";
  return LEVELS.find((level) => level === wanted) ?? "debug";
}

/** Options of {@linkcode createLogger}. */
export interface LoggerOptions {
  /** Lines below this level are dropped. */
  readonly level: LogLevel;
  /** Writes a line, which ends in a newline. */
  readonly write: (line: string) => void;
  /** Returns the time of a line. @default {the current time} */
  readonly now?: () => Date;
}

/** Creates a logger. Each line has the local time, the level and the text. */
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

/** Creates a logger that writes to stderr and ignores failed writes. */
export function stderrLogger(level: LogLevel): Logger {
  const encoder = new TextEncoder();
  return createLogger({
    level,
    write: (line) => {
      try {
        Deno.stderr.writeSync(encoder.encode(line));
      } catch {
        // A full disk or a closed terminal must not end the daemon, and there is no other place to report it.
      }
    },
  });
}

function timestamp(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${date.getFullYear()}/${two(date.getMonth() + 1)}/${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
