/**
 * Codes of sign-in links: each signs in once, and soon after it was made.
 *
 * @module
 */

import { type Clock, systemClock } from "../../system/clock.ts";
import { hashToken, randomText } from "./token_hash.ts";

const CODE_BYTES = 32;
/** How long a code can be used, in milliseconds: ten minutes. */
const LIFETIME_MS = 600_000;
/** How many codes can be open; a further one replaces the oldest. */
const MAX_OPEN = 100;

/** The codes that have not been used yet. Only their hashes are kept. */
export class SignInCodes {
  readonly #clock: Clock;
  /** When each code ends, in milliseconds of {@linkcode Clock.elapsed}, by the hash of the code; the oldest is first. */
  readonly #ends = new Map<string, number>();

  /**
   * Creates a collection without codes.
   *
   * @param clock The source of time.
   */
  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Makes a code: 32 random bytes in base64url. */
  create(): string {
    const code = randomText(CODE_BYTES);
    this.#removeOldest();
    this.#ends.set(hashToken(code), this.#clock.elapsed() + LIFETIME_MS);
    return code;
  }

  /** Uses up a code. Returns whether it was valid. */
  redeem(code: string): boolean {
    const hash = hashToken(code);
    const end = this.#ends.get(hash);
    this.#ends.delete(hash);
    return end !== undefined && this.#clock.elapsed() < end;
  }

  /** Removes the codes that have ended, and one more if there is no room for another. */
  #removeOldest(): void {
    const now = this.#clock.elapsed();
    for (const [hash, end] of this.#ends) {
      if (now < end && this.#ends.size < MAX_OPEN) return;
      this.#ends.delete(hash);
    }
  }
}
