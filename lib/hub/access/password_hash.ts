/**
 * The form of a password's hash, without the code that computes it.
 *
 * @module
 */

/** The most memory that checking a hash may occupy, in KiB. */
const MAX_MEMORY_KIB = 256 << 10;
const MAX_ITERATIONS = 16;
const MAX_LANES = 16;
/** Argon2id of version 1.3: memory in KiB, iterations, lanes, the salt and the hash in base64 without padding. */
const PHC = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/**
 * Whether a text is an argon2id hash that takes no more memory and time to check than a sensible one.
 *
 * @param text The hash in the PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`.
 */
export function isPasswordHash(text: string): boolean {
  const [, memory, iterations, lanes, salt = "", hash = ""] = PHC.exec(text) ?? [];
  const [m, t, p] = [Number(memory), Number(iterations), Number(lanes)];
  // Bounds that are not met by NaN, which a text of another form leads to.
  const isSensible = m <= MAX_MEMORY_KIB && t >= 1 && t <= MAX_ITERATIONS && p >= 1 && p <= MAX_LANES && m >= 8 * p;
  return isSensible && isBase64(salt) && isBase64(hash);
}

/** Whether a text has a length that base64 without padding can have. */
function isBase64(text: string): boolean {
  return text.length % 4 !== 1;
}
