/**
 * Asks the user a question on the terminal.
 *
 * @module
 */

import { printError, writeStderr } from "./print.ts";

const ANSWER_BYTES = 1024;

/** Whether there is a terminal to ask a question on. */
export function canAsk(): boolean {
  return Deno.stdin.isTerminal() && Deno.stderr.isTerminal();
}

/** Asks a question that is answered with yes or no; anything else is a no. */
export async function askYesNo(question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await askLine(`${question} [y/N] `)).trim());
}

/** Asks a question, and returns the line that is typed; it is empty at the end of the input. */
export async function askLine(question: string): Promise<string> {
  writeStderr(question);
  const buffer = new Uint8Array(ANSWER_BYTES);
  const n = await Deno.stdin.read(buffer);
  if (n === null) printError(""); // the cursor is still after the question
  return new TextDecoder().decode(buffer.subarray(0, n ?? 0)).replace(/\r?\n[^]*$/, "");
}
