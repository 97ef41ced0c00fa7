import type { Clock } from "../../lib/system/clock.ts";

/** A clock that only advances when a test advances it. */
export interface FakeClock extends Clock {
  /** Advances the clock by a number of milliseconds; due timers fire in order. */
  advance(ms: number): void;
  /** Changes the time of day by a number of milliseconds; no timer fires. */
  jump(ms: number): void;
  /** The number of pending timers. */
  readonly pending: number;
}

/** Creates a clock that starts at 2026-11-21T00:00:00Z. */
export function fakeClock(): FakeClock {
  let now = 0;
  let epoch = Date.UTC(2026, 10, 21);
  const timers = new Map<number, { due: number; callback: () => void }>();
  let nextId = 1;
  return {
    now: () => epoch + now,
    elapsed: () => now,
    jump: (ms) => void (epoch += ms),
    after(ms, callback) {
      const id = nextId++;
      timers.set(id, { due: now + ms, callback });
      return () => void timers.delete(id);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [id, timer] = [...timers].sort(([, a], [, b]) => a.due - b.due)[0] ?? [];
        if (id === undefined || timer === undefined || timer.due > end) break;
        now = timer.due;
        timers.delete(id);
        timer.callback();
      }
      now = end;
    },
    get pending() {
      return timers.size;
    },
  };
}
