/**
 * Where the daemon's token comes from, and where later clients find it (contract: Daemon life).
 *
 * @module
 */

import { errnoText } from "../../system/errno.ts";
import { isUtf8 } from "../../system/utf8.ts";
import { readUpTo } from "../../system/io.ts";
import { ServeError } from "../serve_error.ts";
import type { DaemonPaths } from "../../system/paths.ts";
import { removeIfThere, writePrivateFile } from "../../system/private_files.ts";
import type { Logger } from "../../system/log.ts";

/** More than any token has; what sends more is not sending a token. */
const MAX_TOKEN_BYTES = 1 << 16;

/** Makes a token: 32 random bytes in hexadecimal. */
export function generateToken(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}

/**
 * Reads the token file and unlinks it.
 *
 * @param path The file.
 * @param onKept Called when it could not be unlinked.
 * @throws {ServeError} If it cannot be read, or holds no token.
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
 * @param fd The descriptor's number.
 * @throws {ServeError} If it cannot be read, or holds no token.
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

/** The runtime reads no descriptor that it has not opened itself, but a child inherits it. */
async function readInherited(fd: number): Promise<Uint8Array> {
  const script = `exec head -c ${MAX_TOKEN_BYTES} <&${fd}`;
  const child = new Deno.Command("/bin/sh", { args: ["-c", script], stdin: "null", stderr: "null" });
  const { success, stdout } = await child.output();
  if (!success) throw new ServeError("read --token-fd: bad file descriptor");
  return stdout;
}

/** Cuts the newlines at the end, nothing else. */
function parseToken(bytes: Uint8Array): string {
  // No request can carry other bytes, so such a daemon could never be reached.
  if (!isUtf8(bytes)) throw new ServeError("token is not valid UTF-8");
  const token = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).replace(/[\r\n]+$/, "");
  if (token === "") throw new ServeError("token is empty");
  return token;
}

/** Writes the token where later clients find it; without it the daemon still serves. */
export async function persistToken(paths: DaemonPaths, token: string, log: Logger): Promise<void> {
  try {
    await writePrivateFile(paths.token, token);
  } catch (error) {
    log.error(`[daemon] failed to persist token: ${errnoText(error)}`);
  }
}

/** Removes it again. */
export async function removePersistedToken(paths: DaemonPaths, log: Logger): Promise<void> {
  try {
    await removeIfThere(paths.token);
  } catch (error) {
    log.error(`[daemon] failed to remove persisted token: ${errnoText(error)}`);
  }
}
