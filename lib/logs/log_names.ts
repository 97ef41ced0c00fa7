/**
 * The names of the files of a log. `web.log` is the newest one, `web.log.1` to `web.log.4` are older. Beside each lies a
 * file with the times, like `web.log.times` and `web.log.1.times`.
 *
 * @module
 */

/** How many files a log has at most. */
export const MAX_FILES = 5;
/** How large a file of a log becomes, in bytes. */
export const MAX_FILE_BYTES = 10_000_000;

/** Bytes that stay as they are in a file name. Some file systems do not tell upper case from lower case. */
const PLAIN = Deno.build.os === "linux" ? /^[A-Za-z0-9_-]$/ : /^[a-z0-9_-]$/;
/** A file name may have 255 bytes; the rest is for what is appended to it. */
const MAX_NAME_BYTES = 180;
const HASH_BYTES = 16;

/**
 * Returns the name of the files for an id, which may be any text: other characters than letters, digits, `-`, `_` and
 * inner dots are written as `%2F`, and a long id is shortened and gets a hash.
 */
export async function nameForId(id: string): Promise<string> {
  const bytes = new TextEncoder().encode(id);
  const name = Array.from(bytes, (byte, i) => encodeByte(byte, i === 0)).join("");
  if (name !== "" && name.length <= MAX_NAME_BYTES) return name;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).subarray(0, HASH_BYTES).toHex();
  return `${name.slice(0, MAX_NAME_BYTES - 2 * HASH_BYTES - 1).replace(/%.?$/, "")}~${hash}`;
}

function encodeByte(byte: number, isFirst: boolean): string {
  const character = String.fromCharCode(byte);
  if (PLAIN.test(character) || (character === "." && !isFirst)) return character;
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

/**
 * Returns the path of a file of a log.
 *
 * @param log The path of the newest file.
 * @param age 0 for the newest file, up to 4.
 */
export function logFile(log: string, age: number): string {
  return age === 0 ? log : `${log}.${age}`;
}

/** Returns the path of the times beside a file of a log; see {@linkcode logFile}. */
export function timesFile(log: string, age: number): string {
  return `${logFile(log, age)}.times`;
}

/** Returns the paths of all files that a log may have, the oldest first. */
export function allFiles(log: string): string[] {
  const ages = Array.from({ length: MAX_FILES }, (_, i) => MAX_FILES - 1 - i);
  return ages.flatMap((age) => [logFile(log, age), timesFile(log, age)]);
}
