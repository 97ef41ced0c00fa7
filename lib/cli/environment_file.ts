/**
 * Reads files with environment variables, in the format of Docker's `--env-file`.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { toOneLine } from "./terminal_text.ts";

/** A line of a file. */
export interface FileVariable {
  /** The name of the variable. */
  readonly name: string;
  /** Its value; absent if the caller's own is meant. */
  readonly value?: string;
}

/**
 * Reads a file of variables.
 *
 * @throws {ClaustrumError} If the file cannot be read, or a line is wrong.
 */
export async function parseEnvironmentFile(file: string): Promise<FileVariable[]> {
  const shown = toOneLine(file);
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(file);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new ClaustrumError(`cannot read --env-file ${shown}: ${errnoText(error)}: name a file that you can read`, {
      cause: error,
    });
  }
  return environmentLines(decode(bytes, shown), shown);
}

/**
 * Parses the text of a file of variables. Empty lines and lines that begin with `#` are skipped, and so is white space
 * before a name. A value is all that follows the first `=`, as it is: quotes and white space belong to it.
 *
 * @param text The text.
 * @param file The name of the file, for errors.
 * @throws {ClaustrumError} If a line is wrong.
 */
export function environmentLines(text: string, file: string): FileVariable[] {
  const variables: FileVariable[] = [];
  for (const [i, whole] of text.split(/\r?\n/).entries()) {
    const line = whole.trimStart();
    if (line === "" || line.startsWith("#")) continue;
    const at = line.indexOf("=");
    const name = at < 0 ? line.trimEnd() : line.slice(0, at);
    const problem = problemOf(name, line);
    if (problem !== undefined) throw new ClaustrumError(`${file}, line ${i + 1}: ${problem}`);
    variables.push(at < 0 ? { name } : { name, value: line.slice(at + 1) });
  }
  return variables;
}

/** Says what is wrong with a line, and what to write instead. The value, which may be a secret, is not shown. */
function problemOf(name: string, line: string): string | undefined {
  if (name === "") return "there is no name before the =: write NAME=VALUE";
  if (line.includes("\0")) return "a variable cannot contain a NUL byte: remove it";
  const exported = /^export\s+(\S+)$/.exec(name)?.[1];
  if (exported !== undefined) return `write ${toOneLine(exported)}=VALUE, without export`;
  const [word = "", ...more] = name.split(/\s/);
  if (more.length === 0) return undefined;
  return `there is white space after "${toOneLine(word)}": write NAME=VALUE, without spaces around the =`;
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ClaustrumError(`${file} is not UTF-8 text: convert it, such as with iconv`, { cause: error });
  }
}
