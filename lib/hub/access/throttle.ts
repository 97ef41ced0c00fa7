/**
 * Slows down those who guess how to sign in.
 *
 * @module
 */

import { type Clock, systemClock } from "../../system/clock.ts";
import { isLoopback, parseAddress } from "./addresses.ts";

/** How many attempts an address has before it has to wait. */
const FREE_ATTEMPTS = 5;
/** The first wait, in milliseconds; each further one is twice as long. */
const FIRST_WAIT_MS = 1_000;
/** The longest wait, in milliseconds: five minutes. */
const MAX_WAIT_MS = 300_000;
/** An address that makes no attempt for this long after its wait starts anew, in milliseconds: five minutes. */
const FORGET_MS = 300_000;
/** How many attempts all strangers have together before they have to wait. */
const TOTAL_ATTEMPTS = 100;
/** After this time all strangers have one more attempt, in milliseconds: 100 in five minutes. */
const TOTAL_REFILL_MS = 3_000;
/** For how long an address that has signed in is no stranger, in milliseconds: seven days. */
const KNOWN_MS = 7 * 24 * 3_600_000;
/** How many addresses are remembered. Strangers cannot fill that before their attempts are forgotten. */
const MAX_ADDRESSES = 1_024;
/** The bytes of an IPv6 address that are the network of one customer. */
const NETWORK_BYTES = 8;
/** All addresses of loopback belong together, for any program of this machine can use each of them. */
const LOOPBACK = "loopback";

/** Whether an address may try to sign in. */
export type ThrottleDecision =
  | { readonly isAllowed: true }
  /** The seconds are whole, and at least 1. */
  | { readonly isAllowed: false; readonly retryAfterSeconds: number };

/** What is known about an address. Times are those of {@linkcode Clock.elapsed}, in milliseconds. */
interface Attempts {
  /** How many attempts were made without success. */
  readonly count: number;
  /** When the next one is allowed. */
  readonly nextAt: number;
}

/**
 * Counts attempts to sign in: for each address, and for all strangers together. The limit for all only slows them down to
 * one attempt in three seconds. It does not concern this machine and addresses that have signed in before, so that
 * nobody elsewhere can keep their users out.
 *
 * An attempt counts from its start, so that many at once are no way around. What is too long to be guessed, such as a
 * token, is to be compared first: only if it is wrong was it an attempt.
 */
export class SignInThrottle {
  readonly #clock: Clock;
  /** By network; the one whose last attempt is oldest is first. */
  readonly #attempts = new Map<string, Attempts>();
  /** Until when each network that has signed in is known; the one that signed in first is first. */
  readonly #known = new Map<string, number>();
  /** How many attempts strangers have left, which may be a fraction. */
  #left = TOTAL_ATTEMPTS;
  #refilledAt: number;

  /**
   * Creates a throttle that knows no address.
   *
   * @param clock The source of time.
   */
  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#refilledAt = clock.elapsed();
  }

  /** How many addresses have made attempts that are remembered. */
  get size(): number {
    return this.#attempts.size;
  }

  /**
   * Begins an attempt. If it is allowed, it counts as a failed one until {@linkcode succeeded} or {@linkcode withdrawn}.
   *
   * @param address The address of the other end of the connection.
   */
  check(address: string): ThrottleDecision {
    const now = this.#clock.elapsed();
    const network = networkOf(address);
    const { count, nextAt } = this.#attemptsOf(network, now);
    if (now < nextAt) return refused(nextAt - now);
    if (!this.#isKnown(network, now)) {
      this.#refill(now);
      if (this.#left < 1) return refused((1 - this.#left) * TOTAL_REFILL_MS);
      this.#left -= 1;
    }
    this.#remember(network, { count: count + 1, nextAt: now + waitAfter(count + 1) });
    return { isAllowed: true };
  }

  /**
   * An attempt that {@linkcode check} has begun was right: the address has all its attempts again, and is no stranger any
   * more. Whoever signed in without a guess, such as with a token that may only read, must not get more guesses by that.
   */
  succeeded(address: string): void {
    const now = this.#clock.elapsed();
    const network = networkOf(address);
    if (this.#attemptsOf(network, now).count === 0) return;
    if (!this.#isKnown(network, now)) this.#giveBack();
    this.#attempts.delete(network);
    this.#known.delete(network);
    this.#known.set(network, now + KNOWN_MS);
    trim(this.#known);
  }

  /** An attempt that {@linkcode check} has begun was not made, because the hub was too busy: it does not count. */
  withdrawn(address: string): void {
    const now = this.#clock.elapsed();
    const network = networkOf(address);
    const { count } = this.#attemptsOf(network, now);
    if (count === 0) return;
    if (!this.#isKnown(network, now)) this.#giveBack();
    this.#remember(network, { count: count - 1, nextAt: now });
  }

  #attemptsOf(network: string, now: number): Attempts {
    const attempts = this.#attempts.get(network);
    return attempts === undefined || now >= attempts.nextAt + FORGET_MS ? { count: 0, nextAt: now } : attempts;
  }

  #isKnown(network: string, now: number): boolean {
    return network === LOOPBACK || now < (this.#known.get(network) ?? 0);
  }

  #remember(network: string, attempts: Attempts): void {
    this.#attempts.delete(network);
    this.#attempts.set(network, attempts);
    trim(this.#attempts);
  }

  #giveBack(): void {
    this.#left = Math.min(TOTAL_ATTEMPTS, this.#left + 1);
  }

  #refill(now: number): void {
    this.#left = Math.min(TOTAL_ATTEMPTS, this.#left + (now - this.#refilledAt) / TOTAL_REFILL_MS);
    this.#refilledAt = now;
  }
}

/** Returns what addresses of the same customer have in common. */
function networkOf(address: string): string {
  if (isLoopback(address)) return LOOPBACK;
  const bytes = parseAddress(address);
  if (bytes === undefined) return address;
  return (bytes.length === 4 ? bytes : bytes.subarray(0, NETWORK_BYTES)).join(".");
}

function waitAfter(count: number): number {
  return count < FREE_ATTEMPTS ? 0 : Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - FREE_ATTEMPTS));
}

function refused(ms: number): ThrottleDecision {
  return { isAllowed: false, retryAfterSeconds: Math.max(1, Math.ceil(ms / 1000)) };
}

function trim(map: Map<string, unknown>): void {
  const [first] = map.keys();
  if (map.size > MAX_ADDRESSES && first !== undefined) map.delete(first);
}
