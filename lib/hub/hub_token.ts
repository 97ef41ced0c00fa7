/**
 * The token of the hub, which is kept over restarts.
 *
 * @module
 */

import { tokenChecker } from "../rpc/dispatch.ts";
import type { Clock } from "../system/clock.ts";
import { errnoText } from "../system/errno.ts";
import { removeTemporaries, writePrivateFile } from "../system/private_files.ts";
import { ServeError } from "../system/serve_error.ts";

const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
/** How long a replaced token is still taken, in milliseconds: looking at the file costs more than comparing. */
const LOOK_MS = 20;

/** Generates a token: 32 random bytes in base64url. */
function generateToken(): string {
  return crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)).toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * Reads a hub's token.
 *
 * @returns `undefined` if there is none.
 * @throws {ServeError} If the file cannot be read, or contains something else.
 */
export async function readHubToken(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new ServeError(`cannot read ${path}: ${errnoText(error)}`, { cause: error });
  }
  if (!TOKEN.test(text)) throw new ServeError(`${path} does not contain a token: claustrum hub token --rotate`);
  return text;
}

/** Replaces a hub's token, and returns the new one. */
export async function rotateHubToken(path: string): Promise<string> {
  const token = generateToken();
  await writePrivateFile(path, `${token}\n`);
  return token;
}

/** Returns a hub's token, and makes one if there is none. Only the holder of the lock may do that. */
export async function ensureHubToken(path: string): Promise<string> {
  await removeTemporaries(path);
  return await readHubToken(path) ?? await rotateHubToken(path);
}

/**
 * Returns since when a hub's token is the one of now, in milliseconds since the epoch.
 *
 * @returns 0 if there is no file.
 */
export function hubTokenTime(path: string): number {
  try {
    return Deno.statSync(path).mtime?.getTime() ?? 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/**
 * Creates a function that compares a text with a hub's token, in constant time. It reads the file again when the file has
 * been replaced: the new token is right at once, and the former one is wrong soon.
 *
 * @param path The path of the file.
 * @param token What the file contains.
 * @param onReplaced Called when the token has been replaced.
 */
export function hubTokenChecker(
  path: string,
  token: string,
  clock: Clock,
  onReplaced: () => void = () => {},
): (auth: string) => boolean {
  let identity = fileIdentity(path);
  let check = tokenChecker(token);
  let lookedAt = clock.elapsed();
  const look = () => {
    lookedAt = clock.elapsed();
    const current = fileIdentity(path);
    // The token is valid while there is no file, too: it may be replaced by a slow program.
    if (current === identity || current === undefined) return;
    const text = Deno.readTextFileSync(path).trim();
    if (!TOKEN.test(text)) return;
    [identity, check] = [current, tokenChecker(text)];
    onReplaced();
  };
  return (auth) => {
    if (check(auth) && clock.elapsed() - lookedAt < LOOK_MS) return true;
    look();
    return check(auth);
  };
}

function fileIdentity(path: string): string | undefined {
  try {
    const { ino, mtime, size } = Deno.statSync(path);
    return `${ino} ${mtime?.getTime()} ${size}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
