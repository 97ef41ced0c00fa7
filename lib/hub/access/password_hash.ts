/**
 * The form of a password's hash, without the code that computes it.
 *
 * @module
 */

/** The most memory that checking a hash may occupy, in KiB. */
const MAX_MEMORY_KIB = 256 << 10;
/** The most memory times iterations, in KiB: some seconds of work. */
const MAX_WORK_KIB = 1 << 20;
const MAX_LANES = 16;
/** The least memory that each lane needs, in KiB. */
const LANE_KIB = 8;
/** Argon2id of version 1.3: memory in KiB, iterations, lanes, the salt and the hash in base64 without padding. */
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,7}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** A hash and how it is computed. */
export interface PasswordHash {
  /** The memory, in KiB. */
  readonly memoryKib: number;
  /** How often the memory is filled. */
  readonly iterations: number;
  /** How many parts of the memory are filled independently. */
  readonly lanes: number;
  /** Random bytes. */
  readonly salt: Uint8Array;
  /** The hash of the password. */
  readonly hash: Uint8Array;
}

/**
 * Parses an argon2id hash.
 *
 * @param text The hash in the PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`.
 * @returns `undefined` if it is malformed, or takes much more memory or time to check than a sensible one.
 */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const [, memory, iterations, lanes, salt, hash] = PHC.exec(text) ?? [];
  if (salt === undefined || hash === undefined || !isBase64(salt) || !isBase64(hash)) return undefined;
  const parsed = {
    memoryKib: Number(memory),
    iterations: Number(iterations),
    lanes: Number(lanes),
    salt: Uint8Array.fromBase64(salt),
    hash: Uint8Array.fromBase64(hash),
  };
  return isSensible(parsed) ? parsed : undefined;
}

/** Whether a text is an argon2id hash that {@linkcode parsePasswordHash} accepts. */
export function isPasswordHash(text: string): boolean {
  return parsePasswordHash(text) !== undefined;
}

/** Returns the PHC string of a hash. */
export function formatPasswordHash({ memoryKib, iterations, lanes, salt, hash }: PasswordHash): string {
  const [saltText, hashText] = [salt, hash].map((bytes) => bytes.toBase64({ omitPadding: true }));
  return `$argon2id$v=19$m=${memoryKib},t=${iterations},p=${lanes}$${saltText}$${hashText}`;
}

/** Whether a text has a length that base64 without padding can have. */
function isBase64(text: string): boolean {
  return text.length % 4 !== 1;
}

function isSensible({ memoryKib, iterations, lanes }: PasswordHash): boolean {
  return lanes >= 1 && lanes <= MAX_LANES && iterations >= 1 && memoryKib >= LANE_KIB * lanes &&
    memoryKib <= MAX_MEMORY_KIB && memoryKib * iterations <= MAX_WORK_KIB;
}
