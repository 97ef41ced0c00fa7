/**
 * Time, as a parameter, so that tests can move it.
 *
 * @module
 */

/** A source of time. */
export interface Clock {
  /** Milliseconds since the epoch. It jumps when somebody sets it: for stamps, not for waiting. */
  now(): number;
  /** Whole milliseconds since some instant, which never jump: for how long something takes. */
  elapsed(): number;
  /**
   * Calls back once.
   *
   * @param ms From now, in milliseconds.
   * @returns Cancels it; does nothing once it has called back.
   */
  after(ms: number, callback: () => void): () => void;
}

/** The runtime's timers go off at once past this, in milliseconds: 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock. Its timers do not keep a program alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => Math.trunc(performance.now()),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, MAX_TIMER_MS));
    Deno.unrefTimer(timer);
    return () => clearTimeout(timer);
  },
};

/** How often a program that is kept alive wakes up, in milliseconds. */
const HEARTBEAT_MS = 60_000;

/** Keeps the program alive while it waits for nothing but a clock. */
export function keepAlive(): Disposable {
  const timer = setInterval(() => {}, HEARTBEAT_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/**
 * Waits for an event, but not for ever.
 *
 * @param event Settles when it happens; must not reject.
 * @param ms How long to wait, in milliseconds.
 * @returns Whether it happened in time.
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
