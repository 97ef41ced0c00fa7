/**
 * Hashes passwords with argon2id, and checks them. It occupies the thread for about 100 ms: the hub uses
 * `PasswordChecker`, which does that in a worker.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { formatPasswordHash, parsePasswordHash, type PasswordHash } from "./password_hash.ts";

/** The cost of a new hash: 19 MiB and two iterations, as OWASP recommends. */
const COST = { memoryKib: 19_456, iterations: 2, lanes: 1 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** The longest password, in bytes of UTF-8. */
const MAX_PASSWORD_BYTES = 1_024;
/** A hash that no password has, with the cost of a new one. */
const NO_PASSWORD: PasswordHash = { ...COST, salt: new Uint8Array(SALT_BYTES), hash: new Uint8Array(HASH_BYTES) };

/** A password cannot be used; the message says why. */
export class PasswordError extends ClaustrumError {}

/**
 * Hashes a password with a random salt.
 *
 * @returns The hash in the PHC string format.
 * @throws {PasswordError} If the password is empty or too long.
 */
export async function hashPassword(password: string): Promise<string> {
  const bytes = passwordBytes(password);
  if (bytes.length === 0) throw new PasswordError("the password is empty");
  if (bytes.length > MAX_PASSWORD_BYTES) {
    throw new PasswordError(`the password is longer than ${MAX_PASSWORD_BYTES} bytes`);
  }
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const parameters = { ...NO_PASSWORD, salt };
  return formatPasswordHash({ ...parameters, hash: await argon2id(bytes, parameters) });
}

/**
 * Checks a password. It takes as long for a hash that is missing as for a new one.
 *
 * @param phc The hash in the PHC string format; `undefined` if there is no password.
 * @returns Whether it is the password of the hash. A malformed hash, or an empty or too long password, is not.
 */
export async function verifyPassword(phc: string | undefined, password: string): Promise<boolean> {
  const expected = phc === undefined ? undefined : parsePasswordHash(phc);
  const bytes = passwordBytes(password);
  const isUsable = bytes.length > 0 && bytes.length <= MAX_PASSWORD_BYTES;
  const parameters = expected ?? NO_PASSWORD;
  const actual = await argon2id(isUsable ? bytes : Uint8Array.of(0), parameters);
  return timingSafeEqual(actual, parameters.hash) && expected !== undefined && isUsable;
}

/** Keyboards write the same letter in different ways, such as `é` with one character or two. */
function passwordBytes(password: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(password.normalize("NFC"));
}

async function argon2id(password: Uint8Array, parameters: PasswordHash): Promise<Uint8Array> {
  const { memoryKib, iterations, lanes, salt, hash } = parameters;
  const wasm = await import("hash-wasm");
  return await wasm.argon2id({
    password,
    salt,
    memorySize: memoryKib,
    iterations,
    parallelism: lanes,
    hashLength: hash.length,
    outputType: "binary",
  });
}
