import { errnoCode } from "../system/errno.ts";

/** Writes a sentence to stderr, if there is still somebody to read it. */
export function say(text: string): void {
  const bytes = new TextEncoder().encode(`claustrum: ${text}\n`);
  try {
    for (let done = 0; done < bytes.length;) done += Deno.stderr.writeSync(bytes.subarray(done));
  } catch (error) {
    // The terminal or the line is gone, and with it the reader.
    if (errnoCode(error) === undefined) throw error;
  }
}
