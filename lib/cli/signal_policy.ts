/**
 * Decides what a command in the foreground does with a signal: forward it to the process, detach, or exit.
 *
 * @module
 */

import { HUNG_UP, INTERRUPTED, TERMINATED } from "./exit_code.ts";

/** Two interrupts within this time detach, in milliseconds. */
const DOUBLE_INTERRUPT_MS = 1_000;

/** The signals that a command in the foreground handles. */
export type ForegroundSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** What to do with a signal. */
export type SignalAction =
  /** Forward the signal to the process. */
  | { readonly kind: "forward"; readonly signal: "SIGINT" | "SIGTERM" }
  /** Detach from the process and exit with the code. */
  | { readonly kind: "detach"; readonly code: number }
  /** Exit at once with the code, without waiting for the daemon. */
  | { readonly kind: "exit"; readonly code: number }
  /** Do nothing: this command is already detaching. */
  | { readonly kind: "ignore" };

/** Decides on each signal in the light of those before it. */
export class SignalPolicy {
  readonly #now: () => number;
  #interruptedAt = -Infinity;
  #detachedAt: number | undefined;
  #isTerminated = false;

  /**
   * Creates a policy.
   *
   * @param now Returns the time in milliseconds.
   */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether a signal has made this command detach. */
  get hasDetached(): boolean {
    return this.#detachedAt !== undefined;
  }

  /**
   * Decides what to do with a signal.
   *
   * @param forwarded The signals that are forwarded to the process.
   */
  decide(signal: ForegroundSignal, forwarded: readonly ForegroundSignal[]): SignalAction {
    if (this.#detachedAt !== undefined) return this.#decideWhileDetaching(signal, this.#detachedAt);
    if (signal === "SIGHUP") return this.#detach(HUNG_UP);
    if (signal === "SIGTERM") {
      if (!forwarded.includes(signal) || this.#isTerminated) return this.#detach(TERMINATED);
      this.#isTerminated = true;
      return { kind: "forward", signal };
    }
    const isDouble = this.#now() - this.#interruptedAt < DOUBLE_INTERRUPT_MS;
    this.#interruptedAt = this.#now();
    return !forwarded.includes(signal) || isDouble ? this.#detach(0) : { kind: "forward", signal };
  }

  #detach(code: number): SignalAction {
    this.#detachedAt = this.#now();
    return { kind: "detach", code };
  }

  /**
   * Further interrupts soon after the one that detached do not change the exit code: users press ctrl-C repeatedly. A
   * later one exits, in case the daemon does not answer.
   */
  #decideWhileDetaching(signal: ForegroundSignal, detachedAt: number): SignalAction {
    if (signal === "SIGTERM") return { kind: "exit", code: TERMINATED };
    if (signal === "SIGINT" && this.#now() - detachedAt >= DOUBLE_INTERRUPT_MS) {
      return { kind: "exit", code: INTERRUPTED };
    }
    return { kind: "ignore" };
  }
}
