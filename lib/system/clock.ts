/**
 * The source of time, passed as a parameter so that tests can control it.
 *
 * @module
 */

/** A source of time. */
export interface Clock {
  /** Milliseconds since the epoch. It jumps when the system clock is set: use it for timestamps, not for durations. */
  now(): number;
  /** Whole milliseconds since an arbitrary instant. It never jumps: use it to measure durations. */
  elapsed(): number;
  /**
   * Calls a function once, after a delay.
   *
   * @param ms The delay, in milliseconds.
   * @returns A function that cancels the call; it does nothing after the call.
   */
  after(ms: number, callback: () => void): () => void;
}

/** The longest delay that the runtime's timers support, in milliseconds: 24 days. A longer one fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock. Its timers do not keep the program alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => Math.trunc(performance.now()),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, MAX_TIMER_MS));
    Deno.unrefTimer(timer);
    return () => clearTimeout(timer);
  },
};

/** How often {@linkcode keepAlive} wakes the program, in milliseconds. */
const HEARTBEAT_MS = 60_000;

/** Keeps the program alive, until disposed, while it waits only for a {@linkcode Clock}. */
export function keepAlive(): Disposable {
  const timer = setInterval(() => {}, HEARTBEAT_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/**
 * Waits for an event, up to a time limit.
 *
 * @param event Settles when the event happens; must not reject.
 * @param ms How long to wait, in milliseconds.
 * @returns Whether the event happened in time.
 */
export async function happensWithin(event: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> {
  const { promise: timeout, resolve } = Promise.withResolvers<boolean>();
  const cancel = clock.after(ms, () => resolve(false));
  try {
    return await Promise.race([event.then(() => true), timeout]);
  } finally {
    cancel();
  }
}
