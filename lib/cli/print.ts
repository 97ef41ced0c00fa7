/**
 * Prints text for the user on stdout and stderr.
 *
 * @module
 */

import { errnoCode, errnoText } from "../system/errno.ts";
import { inOwnWords } from "./own_command.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";

/** The codes of a write after the other end of the pipe, or the terminal, has closed. */
const NO_READER: ReadonlySet<string> = new Set(["EPIPE", "EIO"]);

/**
 * Prints a line on stdout. It does nothing if stdout has no reader any more.
 *
 * @throws {ClaustrumError} If stdout cannot be written for another reason, such as a full disk.
 */
export function print(text: string): void {
  try {
    writeAllSync(Deno.stdout, `${text}\n`);
  } catch (error) {
    if (!hasNoReader(error)) throw toWriteError("stdout", error);
  }
}

/** Prints lines on stdout; on a terminal as `show` converts them. Otherwise as {@linkcode print}. */
export function printLines(lines: readonly string[], show: (line: string) => string): void {
  for (const line of lines) print(Deno.stdout.isTerminal() ? show(line) : line);
}

/** Whether a write failed because the stream has no reader any more. */
export function hasNoReader(error: unknown): boolean {
  return NO_READER.has(errnoCode(error) ?? "");
}

/** Wraps an error of the operating system in a sentence for the user; returns any other error unchanged. */
export function toWriteError(stream: "stdout" | "stderr", error: unknown): unknown {
  if (errnoCode(error) === undefined) return error;
  return new ClaustrumError(`cannot write to ${stream}: ${errnoText(error)}`, { cause: error });
}

/** Prints an optional line, such as progress, on stdout. It does nothing if stdout cannot be written. */
export function tryPrint(text: string): void {
  try {
    print(text);
  } catch (error) {
    if (!(error instanceof ClaustrumError)) throw error;
  }
}

/** Prints a text that names commands of claustrum on stdout, in the words of this user. Otherwise as {@linkcode print}. */
export function printText(text: string): void {
  print(inOwnWords(text));
}

/** Prints a line on stderr, in the words of this user. It does nothing if stderr cannot be written. */
export function printError(text: string): void {
  writeStderr(`${inOwnWords(text)}\n`);
}

/** Prints a message of claustrum itself on stderr, after `claustrum: `. It does nothing if stderr cannot be written. */
export function printMessage(message: string): void {
  printError(`claustrum: ${message}`);
}

/** Writes text to stderr without a newline. It does nothing if stderr cannot be written. */
export function writeStderr(text: string): void {
  try {
    writeAllSync(Deno.stderr, text);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
  }
}

function writeAllSync(sink: Pick<typeof Deno.stdout, "writeSync">, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) done += sink.writeSync(bytes.subarray(done));
}
