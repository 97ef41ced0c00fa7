/**
 * How a command says that it failed: one sentence, without a stack trace.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { describeSystemError, errnoCode } from "../system/errno.ts";
import { isPermissionMissing, tryGetEnv } from "../system/permissions.ts";
import { printError } from "./print.ts";

/** Shows where an error came from. */
const TRACE_VARIABLE = "CLAUSTRUM_TRACE";

/** What an error is. */
export interface Failure {
  /** One sentence. */
  readonly text: string;
  /** Whether the program itself is wrong, and not what it met. */
  readonly isBug: boolean;
}

/** How a failure is reported. */
export interface ReportOptions {
  /** Whether the stack of a bug is shown as well: where the output is a log. @default {false} */
  readonly isLog?: boolean;
}

/**
 * Says on stderr why the command failed.
 *
 * @returns The exit code.
 */
export function reportFailure(error: unknown, { isLog = false }: ReportOptions = {}): number {
  const { text, isBug } = describeFailure(error);
  if (tryGetEnv(TRACE_VARIABLE) === "1" || (isLog && isBug)) printError(Deno.inspect(error));
  printError(`claustrum: ${text}`);
  return 1;
}

/** Tells what the user met from what the program did wrong. */
export function describeFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return bug(String(error));
  if (error instanceof ClaustrumError) return { text: error.message, isBug: false };
  if (isPermissionMissing(error)) {
    return { text: `a permission is missing: ${decapitalize(error.message)}`, isBug: false };
  }
  if (errnoCode(error) !== undefined) return { text: describeSystemError(error), isBug: false };
  return bug(`${error.name}: ${error.message}`);
}

function bug(what: string): Failure {
  return { text: `internal error: ${what}; ${TRACE_VARIABLE}=1 shows where, please report it`, isBug: true };
}

function decapitalize(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
