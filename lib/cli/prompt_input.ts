/**
 * Reads the text of a prompt from the command line or from stdin.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { readUpTo } from "../system/io.ts";
import { UsageError } from "./usage_error.ts";

/** The most bytes that a hub takes in one message. */
const MAX_BYTES = 8 << 20;

/**
 * Returns the text of a prompt.
 *
 * @param argument The text; `-` for all of stdin, without a newline at its end.
 * @throws {UsageError} If the text is empty.
 * @throws {ClaustrumError} If stdin is too long.
 */
export async function readPrompt(argument: string): Promise<string> {
  const text = argument === "-" ? await readStdin() : argument;
  if (text.trim() === "") throw new UsageError("the prompt is empty");
  return text;
}

async function readStdin(): Promise<string> {
  const bytes = await readUpTo(Deno.stdin, MAX_BYTES + 1);
  if (bytes.length > MAX_BYTES) throw new ClaustrumError("the prompt is longer than 8 MiB");
  return new TextDecoder().decode(bytes).replace(/\r?\n$/, "");
}
