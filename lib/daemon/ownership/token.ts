/**
 * Reads the daemon's token, and stores it for later clients (contract: Daemon life).
 *
 * @module
 */

import { errnoText } from "../../system/errno.ts";
import { isUtf8 } from "../../system/utf8.ts";
import { readUpTo } from "../../system/io.ts";
import { ServeError } from "../../system/serve_error.ts";
import type { DaemonPaths } from "../../system/paths.ts";
import { removeIfThere, writePrivateFile } from "../../system/private_files.ts";
import type { Logger } from "../../system/log.ts";

/** Longer than any token: a longer input is not a token. */
const MAX_TOKEN_BYTES = 1 << 16;

/** Generates a token: 32 random bytes in hexadecimal. */
export function generateToken(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}

/**
 * Reads the token file and removes it.
 *
 * @param path The path of the file.
 * @param onKept Called when the file cannot be removed.
 * @throws {ServeError} If the file cannot be read or contains no token.
 */
export async function takeTokenFile(path: string, onKept: (error: unknown) => void): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    throw new ServeError(`read --token-file: open ${path}: ${errnoText(error)}`);
  }
  try {
    await Deno.remove(path);
  } catch (error) {
    onKept(error);
  }
  return parseToken(bytes);
}

/**
 * Reads the token from an open descriptor, up to its end.
 *
 * @param fd The number of the descriptor.
 * @throws {ServeError} If the descriptor cannot be read or contains no token.
 */
export async function readTokenDescriptor(fd: number): Promise<string> {
  if (fd !== 0) return parseToken(await readInherited(fd));
  try {
    return parseToken(await readUpTo(Deno.stdin, MAX_TOKEN_BYTES));
  } catch (error) {
    if (error instanceof ServeError) throw error;
    throw new ServeError(`read --token-fd: ${errnoText(error)}`);
  }
}

/** The runtime can only read descriptors that it has opened itself, but a child process inherits the descriptor. */
async function readInherited(fd: number): Promise<Uint8Array> {
  const script = `exec head -c ${MAX_TOKEN_BYTES} <&${fd}`;
  const child = new Deno.Command("/bin/sh", { args: ["-c", script], stdin: "null", stderr: "null" });
  const { success, stdout } = await child.output();
  if (!success) throw new ServeError("read --token-fd: bad file descriptor");
  return stdout;
}

/** Removes trailing newlines and carriage returns, and no other white space. */
function parseToken(bytes: Uint8Array): string {
  // Requests are UTF-8, so no client could present another token.
  if (!isUtf8(bytes)) throw new ServeError("token is not valid UTF-8");
  const token = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).replace(/[\r\n]+$/, "");
  if (token === "") throw new ServeError("token is empty");
  return token;
}

/** Stores the token for later clients. A failure is logged, and the daemon still serves. */
export async function persistToken(paths: DaemonPaths, token: string, log: Logger): Promise<void> {
  try {
    await writePrivateFile(paths.token, token);
  } catch (error) {
    log.error(`[daemon] failed to persist token: ${errnoText(error)}`);
  }
}

/** Removes the stored token. */
export async function removePersistedToken(paths: DaemonPaths, log: Logger): Promise<void> {
  try {
    await removeIfThere(paths.token);
  } catch (error) {
    log.error(`[daemon] failed to remove persisted token: ${errnoText(error)}`);
  }
}
