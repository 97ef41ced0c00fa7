/**
 * Named API tokens. Only their hashes are stored: a token is random, so that its hash cannot be reversed.
 *
 * @module
 */

import { createHash } from "node:crypto";

const TOKEN_BYTES = 32;
/** Tells what a token is for where it turns up, such as in a file or a log. */
const PREFIX = "clst_";

/** Generates random bytes in base64url, without padding.
 *
 * @param bytes How many. */
export function randomText(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Generates a named API token: `clst_` and 32 random bytes in base64url. */
export function generateApiToken(): string {
  return PREFIX + randomText(TOKEN_BYTES);
}

/** Returns the SHA-256 of a token, in hexadecimal. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
