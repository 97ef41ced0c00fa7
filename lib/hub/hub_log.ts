/**
 * The log of the hub.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { createLogger, type Logger, type LogLevel } from "../system/log.ts";

/** Options of {@linkcode hubLogger}. */
export interface HubLoggerOptions {
  /** How lines look: for people, or one JSON object each. */
  readonly format: "text" | "json";
  /** Lines below this level are dropped. */
  readonly level: LogLevel;
  /** Writes a line, which ends in a newline. */
  readonly write: (line: string) => void;
  /** Returns the time of a line. @default {the current time} */
  readonly now?: () => Date;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Creates the log of a hub. */
export function hubLogger({ format, level, write, now = () => new Date() }: HubLoggerOptions): Logger {
  if (format === "text") return createLogger({ level, write, now });
  const least = LEVELS.indexOf(level);
  const at = (own: LogLevel) => (message: string) => {
    if (LEVELS.indexOf(own) < least) return;
    write(`${JSON.stringify({ time: now().toISOString(), level: own, message })}\n`);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** Describes a failure for the log: a sentence for the user if it has one, or what a developer needs. */
export function failureText(error: unknown): string {
  if (error instanceof ClaustrumError) return error.message;
  return error instanceof Error ? Deno.inspect(error) : String(error);
}

/** Writes to stderr; failed writes are ignored. */
export function writeToStderr(line: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(line));
  } catch {
    // A full disk or a closed terminal must not end the hub, and there is no other place to report it.
  }
}
