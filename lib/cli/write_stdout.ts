/**
 * Writes a stream of text to stdout.
 *
 * @module
 */

import { writeAll } from "../system/io.ts";
import { hasNoReader, toWriteError } from "./print.ts";

/**
 * Writes text to stdout.
 *
 * @returns Whether stdout still has a reader.
 * @throws {ClaustrumError} If stdout cannot be written for another reason, such as a full disk.
 */
export async function writeStdout(text: string): Promise<boolean> {
  try {
    await writeAll(Deno.stdout, new TextEncoder().encode(text));
    return true;
  } catch (error) {
    if (hasNoReader(error)) return false;
    throw toWriteError("stdout", error);
  }
}
