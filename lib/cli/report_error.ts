/**
 * Reports why a command failed, in one sentence without a stack trace.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { describeSystemError, errnoCode } from "../system/errno.ts";
import { isPermissionMissing, tryGetEnv } from "../system/permissions.ts";
import { printError, printMessage } from "./print.ts";

/** The variable that adds stack traces to error messages. */
const TRACE_VARIABLE = "CLAUSTRUM_TRACE";

/** An error in words for the user. */
export interface ErrorDescription {
  /** One sentence. */
  readonly text: string;
  /** Whether the error is a bug in claustrum, and not caused by its input or environment. */
  readonly isBug: boolean;
}

/** Options for {@linkcode reportError}. */
export interface ReportOptions {
  /** Whether stderr is a log, to which the stack trace of a bug is added. @default {false} */
  readonly isLog?: boolean;
}

/**
 * Prints on stderr why the command failed.
 *
 * @returns The exit code.
 */
export function reportError(error: unknown, { isLog = false }: ReportOptions = {}): number {
  const { text, isBug } = describeError(error);
  if (tryGetEnv(TRACE_VARIABLE) === "1" || (isLog && isBug)) printError(Deno.inspect(error));
  printMessage(text);
  return 1;
}

/** Describes an error in one sentence, and decides whether it is a bug. */
export function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) return describeBug(String(error));
  if (error instanceof ClaustrumError) return { text: error.message, isBug: false };
  if (isPermissionMissing(error)) {
    return { text: `a permission is missing: ${decapitalize(error.message)}`, isBug: false };
  }
  if (errnoCode(error) !== undefined) return { text: describeSystemError(error), isBug: false };
  return describeBug(`${error.name}: ${error.message}`);
}

function describeBug(error: string): ErrorDescription {
  return { text: `internal error: ${error}; ${TRACE_VARIABLE}=1 shows where, please report it`, isBug: true };
}

function decapitalize(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
