/**
 * What a signal to a command in the foreground means: it is for the process, or it asks this command to leave.
 *
 * @module
 */

import { HUNG_UP, INTERRUPTED, TERMINATED } from "./exit_code.ts";

/** Two interrupts within this time detach, in milliseconds. */
const TWICE_MS = 1_000;

/** The signals that are decided on. */
export type ForegroundSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** What a signal means. */
export type SignalMeaning =
  /** The process gets it. */
  | { readonly kind: "pass"; readonly signal: "SIGINT" | "SIGTERM" }
  /** This command detaches and ends with the code. */
  | { readonly kind: "detach"; readonly code: number }
  /** This command ends at once, whatever it waits for. */
  | { readonly kind: "exit"; readonly code: number }
  /** It is one more of those that have detached already. */
  | { readonly kind: "none" };

/** Decides on one signal after the other. */
export class SignalPolicy {
  readonly #now: () => number;
  #interruptedAt = -Infinity;
  #detachedAt: number | undefined;
  #isTerminated = false;

  /** Starts without a signal. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether this command was asked to detach. */
  get hasDetached(): boolean {
    return this.#detachedAt !== undefined;
  }

  /**
   * Decides on a signal.
   *
   * @param passed The signals that the process gets.
   */
  decide(signal: ForegroundSignal, passed: readonly ForegroundSignal[]): SignalMeaning {
    if (this.#detachedAt !== undefined) return this.#decideAgain(signal, this.#detachedAt);
    if (signal === "SIGHUP") return this.#detach(HUNG_UP);
    if (signal === "SIGTERM") {
      if (!passed.includes(signal) || this.#isTerminated) return this.#detach(TERMINATED);
      this.#isTerminated = true;
      return { kind: "pass", signal };
    }
    const isTwice = this.#now() - this.#interruptedAt < TWICE_MS;
    this.#interruptedAt = this.#now();
    return !passed.includes(signal) || isTwice ? this.#detach(0) : { kind: "pass", signal };
  }

  #detach(code: number): SignalMeaning {
    this.#detachedAt = this.#now();
    return { kind: "detach", code };
  }

  /** Somebody who presses ctrl-C until it works must not change how it ends; one who waits in vain must get out. */
  #decideAgain(signal: ForegroundSignal, detachedAt: number): SignalMeaning {
    if (signal === "SIGTERM") return { kind: "exit", code: TERMINATED };
    if (signal === "SIGINT" && this.#now() - detachedAt >= TWICE_MS) return { kind: "exit", code: INTERRUPTED };
    return { kind: "none" };
  }
}
