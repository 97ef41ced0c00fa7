/**
 * Printing lines for the user.
 *
 * @module
 */

import { errnoCode, errnoText } from "../system/errno.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";

/** The reader has gone: the pipe is closed, or the terminal. */
const NO_READER: ReadonlySet<string> = new Set(["EPIPE", "EIO"]);

/**
 * Prints a line on stdout; it is dropped when nobody reads it any more.
 *
 * @throws {ClaustrumError} If it cannot be written for another reason, like a full disk.
 */
export function print(text: string): void {
  try {
    writeLine(Deno.stdout, text);
  } catch (error) {
    if (!hasNoReader(error)) throw writeFailure("stdout", error);
  }
}

/** Whether a write failed because nobody reads any more. */
export function hasNoReader(error: unknown): boolean {
  return NO_READER.has(errnoCode(error) ?? "");
}

/** Why a stream cannot be written, in a sentence; what is no error of the operating system stays what it is. */
export function writeFailure(stream: "stdout" | "stderr", error: unknown): unknown {
  if (errnoCode(error) === undefined) return error;
  return new ClaustrumError(`cannot write to ${stream}: ${errnoText(error)}`, { cause: error });
}

/** Prints a line on stdout that matters only while somebody reads it, like progress; it is dropped when it cannot be written. */
export function tryPrint(text: string): void {
  try {
    print(text);
  } catch (error) {
    if (!(error instanceof ClaustrumError)) throw error;
  }
}

/** Prints a line on stderr; it is dropped when it cannot be written, for there is nowhere left to say so. */
export function printError(text: string): void {
  tryWrite(`${text}\n`);
}

/** Says a sentence to the user on stderr; it is dropped when it cannot be written. */
export function say(sentence: string): void {
  printError(`claustrum: ${sentence}`);
}

/** Writes a text on stderr as it is, like {@linkcode printError}; tells whether it could be written. */
export function tryWrite(text: string): boolean {
  try {
    writeAllSync(Deno.stderr, text);
    return true;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return false;
  }
}

function writeLine(sink: Pick<typeof Deno.stdout, "writeSync">, text: string): void {
  writeAllSync(sink, `${text}\n`);
}

function writeAllSync(sink: Pick<typeof Deno.stdout, "writeSync">, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) done += sink.writeSync(bytes.subarray(done));
}
